#include <fmt/format.h>

#include <array>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/grounded_output.h"
#include "apps/ogam/named_row.h"
#include "apps/ogam/output_file.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/understanding_input.h"
#include "apps/ogam/verbs.h"
#include "apps/ogam/writer_option.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "pipelines/understanding/chapter_formats.h"
#include "pipelines/understanding/chapters.h"
#include "pipelines/understanding/written_titles.h"

namespace ogam {

namespace {

namespace po = boost::program_options;

struct ChapterReport {
  const AssetSummary& asset;
  const std::vector<Chapter>& chapters;
  Json made = {{"method", kExtractive}};
};

std::string table(const ChapterReport& report) {
  Table table({"CHAPTER", "START", "END", "LENGTH", "TITLE"});
  for (std::size_t i = 0; i < report.chapters.size(); ++i) {
    const Chapter& chapter = report.chapters[i];
    table.add({std::to_string(i + 1), format_time(chapter.span.start),
               format_time(chapter.span.end), format_time(chapter.span.duration()),
               printable(chapter.title)});
  }
  return table.text();
}

Json why_json(const Boundary& boundary) {
  return {{"score", rounded(boundary.score())}, {"pictures", rounded(boundary.pictures)},
          {"speech", rounded(boundary.speech)}, {"sounds", rounded(boundary.sounds)},
          {"pause", rounded(boundary.pause)},   {"title", rounded(boundary.title)}};
}

std::string json(const ChapterReport& report) {
  Json chapters = Json::array();
  for (const Chapter& chapter : report.chapters) {
    Json entry = {{"start", to_seconds(chapter.span.start)},
                  {"end", to_seconds(chapter.span.end)},
                  {"title", chapter.title},
                  {"title_from", title_source_name(chapter.title_source)},
                  {"phrases", chapter.phrases}};
    if (chapter.boundary) {
      entry["why"] = why_json(*chapter.boundary);
    }
    chapters.push_back(std::move(entry));
  }
  Json document = report.made;
  document.update(asset_json(report.asset));
  document["duration"] = to_seconds(report.asset.duration);
  document["chapters"] = chapters;
  return dump_json(document) + "\n";
}

std::string youtube(const ChapterReport& report) { return write_youtube_chapters(report.chapters); }
std::string ffmetadata(const ChapterReport& report) { return write_ffmetadata(report.chapters); }
std::string vtt(const ChapterReport& report) { return write_vtt_chapters(report.chapters); }

struct Format {
  std::string_view name;
  std::string (*write)(const ChapterReport&);
  Time shortest = 0;  ///< what it takes of a chapter
};

constexpr std::array kFormats = {Format{"table", &table}, Format{"json", &json},
                                 Format{"youtube", &youtube, kYoutubeShortest},
                                 Format{"ffmetadata", &ffmetadata}, Format{"vtt", &vtt}};

po::options_description own_options() {
  po::options_description options("Options", static_cast<unsigned>(terminal_width()));
  options.add_options()  //
      ("format", po::value<std::string>()->value_name("F"),
       "table, json, youtube, ffmetadata or vtt")  //
      ("min-length", po::value<std::string>()->value_name("TIME"),
       "of a chapter (default: a thirtieth of the whole, 10 s to 3 minutes)")  //
      ("max-length", po::value<std::string>()->value_name("TIME"),
       "of a chapter, where something begins (default: a third of the whole, 3 minutes at least)");
  OutputFile::add_option(options);
  add_writer_option(options);
  return options;
}

Time length_of(const CommandLine& line, const std::string& option) {
  if (!line.has(option)) {
    return 0;
  }
  const Time length = parse_time(line.get<std::string>(option));
  require(length >= kSecond, ErrorCode::invalid_argument, "--{} takes a second at least, got '{}'",
          option, line.get<std::string>(option));
  return length;
}

}  // namespace

int run_chapters(std::span<const std::string> arguments) {
  const CommandLine line(
      {.synopsis = "chapters ASSET [OPTIONS]",
       .description =
           "Divides a video or a recording of the archive into chapters, where what is "
           "seen, said and heard\n"
           "changes. A language model names them; without one, and where it names what is not "
           "said, phrases of\n"
           "what is said or shown do. ASSET is a path or an id.",
       .examples = "  ogam chapters talk.mp4 --format youtube\n"
                   "  ogam chapters 강연.mp4 -o chapters.vtt\n"
                   "  ogam chapters talk.mp4 --format ffmetadata -o chapters.txt\n"
                   "  ffmpeg -i talk.mp4 -i chapters.txt -map_metadata 1 -codec copy out.mp4\n",
       .positionals = 1},
      own_options(), arguments);
  if (line.wants_nothing_more()) {
    return kDone;
  }
  require(!line.words().empty(), ErrorCode::invalid_argument,
          "name the video by its path or id: ogam chapters ASSET");
  const OutputFile out(line);
  const Format& format = find_named(kFormats, out.format("table"), "a format of chapters");
  ChapterOptions options{.min_length = length_of(line, "min-length"),
                         .max_length = length_of(line, "max-length")};
  require(options.min_length == 0 || options.min_length >= format.shortest,
          ErrorCode::invalid_argument,
          "YouTube takes chapters of 10 s at least, got --min-length {}",
          line.get_or<std::string>("min-length", ""));

  const UnderstandingInput input(line, line.words());
  const AssetMaterial material = input.material(input.assets().front());
  auto chapters = find_chapters(material, options);
  ChapterReport report{.asset = material.asset, .chapters = chapters};
  const auto writer = writer_of(line);
  const auto written =
      writer ? write_titles(*writer, material, chapters, cancellation_by_signals()) : 0;
  if (written > 0) {
    report.made = {{"method", kWritten}, {"model", writer->name()}};
  }
  out.write(format.write(report));
  if (written == 0) {
    note_extractive(line.common(), "titles are phrases of what is said or shown");
  } else if (!line.common().quiet) {
    fmt::print(stderr, "{} of {} titles were written by {}.\n", written, chapters.size(),
               writer->name());
  }
  return kDone;
}

}  // namespace ogam
