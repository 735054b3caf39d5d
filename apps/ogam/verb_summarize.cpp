#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <set>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/grounded_output.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/understanding_input.h"
#include "apps/ogam/verbs.h"
#include "apps/ogam/writer_option.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "pipelines/understanding/grounded_writing.h"
#include "pipelines/understanding/summary.h"

namespace ogam {

namespace {

namespace po = boost::program_options;

struct Length {
  std::string_view name;
  std::size_t sentences = 0;
};

constexpr std::array kLengths = {Length{"short", 3}, Length{"medium", 6}, Length{"long", 12}};
constexpr std::size_t kMostSentences = 1000;

std::size_t sentences_wanted(const std::string& text) {
  for (const Length& length : kLengths) {
    if (length.name == text) {
      return length.sentences;
    }
  }
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  require(error == std::errc() && end == text.data() + text.size() && count >= 1 &&
              count <= kMostSentences,
          ErrorCode::invalid_argument,
          "--length takes short, medium, long or a number of sentences from 1 to {}, got '{}'",
          kMostSentences, text);
  return count;
}

/// Sentences that a language model writes at once.
constexpr std::size_t kMostWritten = 16;

/// Quoting cannot translate.
void check_language(std::span<const AssetMaterial> assets, const std::string& language) {
  std::set<std::string> others;
  for (const AssetMaterial& asset : assets) {
    for (const TimedSentence& sentence : asset.sentences()) {
      if (language.empty() || is_in_language(sentence, language)) {
        return;
      }
      others.insert(sentence.language.empty() ? "an unknown language" : sentence.language);
    }
  }
  if (!others.empty()) {
    fail_without_language_model(
        fmt::format("a summary in '{}' of what is in {}", language, fmt::join(others, ", ")),
        "leave --language out to get its own sentences");
  }
}

std::string text_of(std::span<const AssetMaterial> assets, const std::vector<Quote>& quotes) {
  std::string text;
  for (const Quote& quote : quotes) {
    const AssetSummary& asset = assets[quote.asset].asset;
    std::string place = asset.duration > 0 ? cite(quote.sentence->span) : "";
    if (assets.size() > 1) {
      place = display_path(asset.path.filename()) + (place.empty() ? "" : " ") + place;
    }
    text += printable(quote.sentence->text) + (place.empty() ? "" : " [" + place + "]") + "\n";
  }
  return text;
}

Json sources_json(std::span<const AssetMaterial> assets) {
  Json list = Json::array();
  for (const AssetMaterial& asset : assets) {
    Json source = asset_json(asset.asset);
    source["duration"] = to_seconds(asset.asset.duration);
    list.push_back(std::move(source));
  }
  return list;
}

Json json_of(std::span<const AssetMaterial> assets, const std::vector<Quote>& quotes,
             const Context& context) {
  Json sentences = Json::array();
  for (const Quote& quote : quotes) {
    Json entry = {{"text", quote.sentence->text}};
    entry.update(asset_json(assets[quote.asset].asset));
    entry["lane"] = quote.sentence->lane.name();
    entry["language"] = quote.sentence->language;
    entry["start"] = to_seconds(quote.sentence->span.start);
    entry["end"] = to_seconds(quote.sentence->span.end);
    entry["score"] = rounded(quote.score);
    sentences.push_back(std::move(entry));
  }
  return {{"method", kExtractive},
          {"assets", sources_json(assets)},
          {"context",
           {{"characters", context.characters}, {"characters_total", context.characters_total}}},
          {"sentences", sentences}};
}

void summarize_extractively(const CommandLine& line, std::span<const AssetMaterial> assets,
                            std::size_t most) {
  const auto language = line.get_or<std::string>("language", "");
  check_language(assets, language);
  const Context context = draw_context(assets, {}, language);
  if (line.common().verbose) {
    for (const ContextPart& part : context.parts) {
      fmt::print(stderr, "{} {}: {} of {} sentences\n",
                 display_path(assets[part.asset].asset.path.filename()), cite(part.span),
                 part.sentences.size(), part.sentences.size() + part.left_out);
    }
    fmt::print(stderr, "Read {} of {} characters.\n", context.characters, context.characters_total);
  }
  const auto quotes = summarize_by_quoting(context, most);
  fmt::print("{}", line.common().json ? dump_json(json_of(assets, quotes, context)) + "\n"
                                      : text_of(assets, quotes));
  if (quotes.empty()) {
    if (!line.common().quiet) {
      fmt::print(stderr, "Nothing is said or written there that could be quoted.\n");
    }
  } else {
    note_extractive(line.common(), "sentences are quoted");
  }
}

/// Lets a language model write the summary.
/// @return false when there is nothing to read, or nothing of it is supported by its sources.
bool summarize_in_writing(const CommandLine& line, TextWriter& writer,
                          std::span<const AssetMaterial> assets, std::size_t most) {
  require(most <= kMostWritten, ErrorCode::invalid_argument,
          "a language model writes a summary of {} sentences at most, {} were asked for; with "
          "--writer none that many are quoted",
          kMostWritten, most);
  const GroundedTask task{.kind = GroundedKind::summary,
                          .language = line.get_or<std::string>("language", ""),
                          .style = line.get_or<std::string>("style", ""),
                          .sentences = most,
                          .cancellation = cancellation_by_signals()};
  const auto budget = source_budget(writer, task);
  const auto sources = draw_sources(assets, budget);
  if (sources.list.empty()) {
    return false;
  }
  const auto text = write_grounded(writer, sources, task);
  const GroundedOutput output(writer, sources, budget, text, assets.size() > 1);
  output.note(line.common());
  if (text.sentences.empty()) {
    return false;
  }
  if (line.common().json) {
    Json document = output.json();
    document["assets"] = sources_json(assets);
    print_json(document);
  } else {
    fmt::print("{}", output.lines());
  }
  return true;
}

}  // namespace

int run_summarize(std::span<const std::string> arguments) {
  po::options_description own("Options", static_cast<unsigned>(terminal_width()));
  own.add_options()  //
      ("length", po::value<std::string>()->value_name("L")->default_value("medium"),
       "short, medium, long or a number of sentences")  //
      ("language", po::value<std::string>()->value_name("L"),
       "in this language, such as ko or en; without a language model, only the sentences that are "
       "in it")  //
      ("style", po::value<std::string>()->value_name("TEXT"),
       "how a language model is to write it, such as \"for children\"");
  add_writer_option(own);
  const CommandLine line(
      {.synopsis = "summarize ASSET... [OPTIONS]",
       .description =
           "Sums up what is said, or written, in videos, recordings and texts of the archive, each "
           "sentence with\n"
           "the times that it is from. A language model writes the sentences; without one, those "
           "that say most\n"
           "are quoted. An ASSET is a path or an id.",
       .examples = "  ogam summarize talk.mp4\n"
                   "  ogam summarize 강연.mp4 회의.mp4 --length short\n"
                   "  ogam summarize talk.mp4 --language ko --style \"for children\"\n",
       .positionals = -1},
      own, arguments);
  if (line.wants_nothing_more()) {
    return kDone;
  }
  require(!line.words().empty(), ErrorCode::invalid_argument,
          "name the assets by path or id: ogam summarize ASSET...");
  const std::size_t most = sentences_wanted(line.get<std::string>("length"));
  const UnderstandingInput input(line, line.words());
  const auto writer = writer_of(line);
  if (!writer && line.has("style")) {
    fail_without_language_model("--style", "leave it out");
  }
  std::vector<AssetMaterial> assets;
  for (const std::string& asset : input.assets()) {
    assets.push_back(input.material(asset));
  }
  if (!writer || !summarize_in_writing(line, *writer, assets, most)) {
    summarize_extractively(line, assets, most);
  }
  return kDone;
}

}  // namespace ogam
