#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/grounded_output.h"
#include "apps/ogam/named_row.h"
#include "apps/ogam/output_file.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/transcribe_media.h"
#include "apps/ogam/understanding_input.h"
#include "apps/ogam/verbs.h"
#include "apps/ogam/writer_option.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "pipelines/subtitle_writer.h"
#include "pipelines/understanding/alt_text.h"
#include "pipelines/understanding/structured_description.h"
#include "pipelines/understanding/translation.h"

namespace ogam {

namespace {

namespace po = boost::program_options;

constexpr const char* kTranslation = "translation";  // of the recogniser: its own words

// Subtitles

std::string most_common_language(const std::vector<TimedText>& utterances) {
  std::map<std::string, std::size_t> counts;
  for (const TimedText& utterance : utterances) {
    ++counts[utterance.language];
  }
  const auto best =
      std::max_element(counts.begin(), counts.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return best == counts.end() ? "" : best->first;
}

/// What the archive knows of what is said in an asset.
Transcript transcript_of(const Archive& archive, const AssetSummary& asset) {
  Transcript transcript;
  transcript.duration = asset.duration;
  for (WordsRecord& words : archive.words_of(asset.id)) {
    if (words.lane == Lane::speech) {
      TimeSpan& span = words.text.span;
      span.start = std::clamp<Time>(span.start, 0, asset.duration);
      span.end = std::clamp<Time>(span.end, span.start, asset.duration);
      words.text.language = language_of(words.text);
      transcript.utterances.push_back(std::move(words.text));
    }
  }
  transcript.language = most_common_language(transcript.utterances);
  return transcript;
}

/// Subtitles and who made them.
struct Subtitles {
  Transcript transcript;
  Json made = {{"method", kExtractive}};
  std::string note = {};  ///< what people should know
};

/// The speech in English, as the recogniser hears it.
Subtitles heard_in_english(const CommandLine& line, const Pack& pack, const AssetSummary& asset,
                           const Transcript& spoken) {
  TranscriptionOptions options;
  options.translate = true;
  options.language = spoken.language.empty() ? "auto" : spoken.language;
  Subtitles subtitles{.transcript = transcribe_media(line.common(), pack, asset.path, options),
                      .made = {{"method", kTranslation}},
                      .note =
                          "Translated by the speech recogniser; it makes more mistakes than "
                          "where it writes down what it hears."};
  subtitles.transcript.language = "en";
  for (TimedText& utterance : subtitles.transcript.utterances) {
    utterance.language = "en";
  }
  return subtitles;
}

/// What was said, in the words of a language model.
Subtitles written_in(const CommandLine& line, const Transcript& spoken,
                     const std::string& language) {
  const auto writer =
      needed_writer_of(line, fmt::format("a translation into '{}'", display_path(language)));
  auto translated =
      translate_texts(*writer, spoken.utterances, language, cancellation_by_signals());
  Subtitles subtitles{
      .transcript = spoken,
      .made = {{"method", kWritten}, {"model", writer->name()}},
      .note = fmt::format("Translated by {}; check it against what is said.", writer->name())};
  if (translated.kept > 0) {
    subtitles.note += fmt::format(
        " {} of {} lines stand as they were, since their translation named other numbers.",
        translated.kept, translated.texts.size());
  }
  subtitles.made["untranslated"] = translated.kept;
  subtitles.transcript.utterances = std::move(translated.texts);
  subtitles.transcript.language = language;
  return subtitles;
}

Subtitles translated(const CommandLine& line, const Pack& pack, const AssetSummary& asset,
                     const Transcript& spoken, const std::string& language) {
  const bool heard = asset.kind == "video" || asset.kind == "audio";
  const bool named = line.get_or<std::string>("writer", kNoWriter) != kNoWriter;
  const bool by_recogniser = language == "en" && heard && !named;
  return by_recogniser ? heard_in_english(line, pack, asset, spoken)
                       : written_in(line, spoken, language);
}

std::string subtitles_json(const AssetSummary& asset, const Subtitles& subtitles) {
  const Transcript& transcript = subtitles.transcript;
  Json document = subtitles.made;
  document.update(asset_json(asset));
  document["language"] = transcript.language;
  document["duration"] = to_seconds(asset.duration);
  document["utterances"] = Json::array();
  for (const TimedText& utterance : transcript.utterances) {
    document["utterances"].push_back(utterance_json(utterance));
  }
  return dump_json(document) + "\n";
}

void write_subtitles(const CommandLine& line, const UnderstandingInput& input,
                     const OutputFile& out) {
  const std::string format = out.format("srt");
  const AssetSummary asset = input.archive().find(input.assets().front()).value();
  Subtitles subtitles{.transcript = transcript_of(input.archive(), asset)};
  const auto language = line.get_or<std::string>("translate", subtitles.transcript.language);
  if (language != subtitles.transcript.language && !subtitles.transcript.utterances.empty()) {
    subtitles = translated(line, input.pack(), asset, subtitles.transcript, language);
  }
  out.write(format == "json" ? subtitles_json(asset, subtitles)
                             : write_transcript(subtitles.transcript, format));
  if (line.common().quiet) {
    return;
  }
  if (subtitles.transcript.utterances.empty()) {
    fmt::print(stderr, "Nothing that is said in {} is known; --alt describes what is seen.\n",
               display_path(asset.path));
  } else if (!subtitles.note.empty()) {
    fmt::print(stderr, "{}\n", subtitles.note);
  }
}

// Texts in place of pictures

struct AltReport {
  const AssetSummary& asset;
  const std::vector<AltText>& texts;
};

std::string alt_lines(const AltReport& report) {
  std::string lines;
  for (const AltText& alt : report.texts) {
    if (alt.span.duration() > 0) {
      lines += format_time(alt.span.start) + "–" + format_time(alt.span.end) + "  ";
    }
    lines += printable(alt.text) + "\n";
  }
  return lines;
}

Json labels_json(const std::vector<Label>& labels) {
  Json list = Json::array();
  for (const Label& label : labels) {
    list.push_back({{"label", label.name}, {"probability", rounded(label.probability)}});
  }
  return list;
}

std::string alt_json(const AltReport& report) {
  Json document = {{"method", kExtractive}};
  document.update(asset_json(report.asset));
  document["duration"] = to_seconds(report.asset.duration);
  document["captions"] = Json::array();
  for (const AltText& alt : report.texts) {
    document["captions"].push_back({{"start", to_seconds(alt.span.start)},
                                    {"end", to_seconds(alt.span.end)},
                                    {"text", alt.text},
                                    {"pictures", labels_json(alt.pictures)},
                                    {"sounds", labels_json(alt.sounds)},
                                    {"words", alt.words}});
  }
  return dump_json(document) + "\n";
}

struct AltFormat {
  std::string_view name;
  std::string (*write)(const AltReport&);
};

constexpr std::array kAltFormats = {AltFormat{"txt", &alt_lines}, AltFormat{"json", &alt_json}};

std::optional<TimeSpan> span_of(const CommandLine& line) {
  if (!line.has("span")) {
    return std::nullopt;
  }
  const auto text = line.get<std::string>("span");
  const auto dash = text.find('-');
  require(dash != std::string::npos, ErrorCode::invalid_argument,
          "--span takes START-END, got '{}'", text);
  return TimeSpan{parse_time(text.substr(0, dash)), parse_time(text.substr(dash + 1))};
}

void write_alt_texts(const CommandLine& line, const UnderstandingInput& input,
                     const OutputFile& out, const std::optional<TimeSpan>& span) {
  const AltFormat& format =
      find_named(kAltFormats, out.format("txt"), "a format of texts in place of pictures");
  const auto language = line.get_or<std::string>("language", "en");
  const AssetMaterial material =
      input.material(input.assets().front(), {.language = language, .sentence_vectors = false});
  out.write(format.write({material.asset, alt_texts(material, span, language)}));
  note_extractive(line.common(),
                  "these are names that a classifier chose, and words as they were read");
}

// Structured descriptions

void write_descriptions(const CommandLine& line, const UnderstandingInput& input,
                        const OutputFile& out, const std::optional<TimeSpan>& span) {
  require(out.format("json") == "json", ErrorCode::invalid_argument,
          "what --schema describes is JSON; leave --format out");
  const auto file = line.get<std::string>("schema");
  const DescriptionSchema schema{.schema = read_json_file(file), .origin = display_path(file)};
  const auto writer = needed_writer_of(line, "--schema");
  const AssetMaterial material =
      input.material(input.assets().front(), {.sentence_vectors = false});
  Json document = {{"method", kWritten}, {"model", writer->name()}};
  document.update(asset_json(material.asset));
  document["duration"] = to_seconds(material.asset.duration);
  document["descriptions"] = Json::array();
  for (const StructuredDescription& description :
       describe_by_schema(*writer, material, schema, span, cancellation_by_signals())) {
    document["descriptions"].push_back({{"start", to_seconds(description.span.start)},
                                        {"end", to_seconds(description.span.end)},
                                        {"data", description.data},
                                        {"unsupported", description.unsupported}});
  }
  out.write(dump_json(document) + "\n");
  if (!line.common().quiet) {
    fmt::print(stderr,
               "Written by {}; it fits the schema, and may still be wrong. \"unsupported\" names "
               "numbers that are not in what is known.\n",
               writer->name());
  }
}

po::options_description own_options() {
  po::options_description options("Options", static_cast<unsigned>(terminal_width()));
  options.add_options()  //
      ("alt", po::bool_switch(),
       "of a video: a text in place of each segment's pictures; pictures always get one")  //
      ("span", po::value<std::string>()->value_name("START-END"),
       "with --alt: one text for this part of the video")  //
      ("language", po::value<std::string>()->value_name("en|ko"),
       "with --alt: of the names (default en)")  //
      ("translate", po::value<std::string>()->value_name("en|ko|..."),
       "subtitles in this language; into English by the speech recogniser unless --writer is "
       "given, else by a language model")  //
      ("schema", po::value<std::string>()->value_name("FILE"),
       "each segment, or the --span, described by a language model as this JSON Schema wants "
       "it")  //
      ("format", po::value<std::string>()->value_name("F"),
       "srt, vtt, ass, txt or json; with --alt txt or json");
  OutputFile::add_option(options);
  add_writer_option(options);
  return options;
}

}  // namespace

int run_caption(std::span<const std::string> arguments) {
  const CommandLine line(
      {.synopsis = "caption ASSET [OPTIONS]",
       .description = "Writes subtitles of what is said in a video or a recording of the archive, "
                      "or a text in place of a\n"
                      "picture: what it shows, by name, and the words on it. ASSET is a path or an "
                      "id.",
       .examples = "  ogam caption 강연.mp4 -o 강연.srt\n"
                   "  ogam caption 강연.mp4 --translate en --format vtt\n"
                   "  ogam caption photo.jpg --language ko\n"
                   "  ogam caption film.mp4 --alt --json\n"
                   "  ogam caption film.mp4 --schema shot.json -o shots.json\n",
       .positionals = 1},
      own_options(), arguments);
  if (line.wants_nothing_more()) {
    return kDone;
  }
  require(!line.words().empty(), ErrorCode::invalid_argument,
          "name the video or picture by its path or id: ogam caption ASSET");
  const OutputFile out(line);
  const std::optional<TimeSpan> span = span_of(line);
  const UnderstandingInput input(line, line.words());
  const AssetSummary asset = input.archive().find(input.assets().front()).value();
  const bool alt = line.get<bool>("alt") || asset.kind == "image";
  if (line.has("schema")) {
    require(!line.get<bool>("alt") && !line.has("translate") && !line.has("language"),
            ErrorCode::invalid_argument,
            "--schema says what is described; leave --alt, --translate and --language out");
    write_descriptions(line, input, out, span);
    return kDone;
  }
  require(alt || (!span && !line.has("language")), ErrorCode::invalid_argument,
          "--span and --language go with --alt");
  require(!alt || !line.has("translate"), ErrorCode::invalid_argument,
          "--translate is for subtitles; names of what is seen come with --language");
  if (alt) {
    write_alt_texts(line, input, out, span);
  } else {
    write_transcript({}, out.format("srt"));  // an unknown format is refused before any work
    write_subtitles(line, input, out);
  }
  return kDone;
}

}  // namespace ogam
