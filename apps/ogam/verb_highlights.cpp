#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/named_row.h"
#include "apps/ogam/output_file.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/salient_moments.h"
#include "apps/ogam/understanding_input.h"
#include "apps/ogam/verbs.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "pipelines/editing/edit_list.h"
#include "pipelines/search.h"
#include "pipelines/understanding/highlights.h"

namespace ogam {

namespace {

namespace po = boost::program_options;

constexpr std::size_t kMost = 1000;

struct HighlightReport {
  const AssetSummary& asset;
  std::string query;  ///< empty for those that stand out
  std::vector<Highlight> highlights;
};

std::string reasons_of(const Highlight& highlight) {
  std::string text;
  for (const HighlightReason& reason : highlight.reasons) {
    text += (text.empty() ? "" : "; ") + reason.text;
  }
  return printable(text);
}

std::string table(const HighlightReport& report) {
  if (report.highlights.empty()) {
    return report.query.empty() ? "Nothing stands out.\n" : "Nothing there matches.\n";
  }
  Table table({"RANK", "START", "END", "SCORE", "WHY"});
  for (std::size_t i = 0; i < report.highlights.size(); ++i) {
    const Highlight& highlight = report.highlights[i];
    table.add({std::to_string(i + 1), format_time(highlight.span.start),
               format_time(highlight.span.end), fmt::format("{:.0f}%", 100 * highlight.score),
               reasons_of(highlight)});
  }
  return table.text();
}

std::string json(const HighlightReport& report) {
  Json highlights = Json::array();
  for (std::size_t i = 0; i < report.highlights.size(); ++i) {
    const Highlight& highlight = report.highlights[i];
    Json reasons = Json::array();
    for (const HighlightReason& reason : highlight.reasons) {
      reasons.push_back(
          {{"kind", reason.kind}, {"value", rounded(reason.value)}, {"text", reason.text}});
    }
    highlights.push_back({{"rank", i + 1},
                          {"start", to_seconds(highlight.span.start)},
                          {"end", to_seconds(highlight.span.end)},
                          {"score", rounded(highlight.score)},
                          {"reasons", reasons}});
  }
  Json document = {{"method", kExtractive}};
  document.update(asset_json(report.asset));
  document["duration"] = to_seconds(report.asset.duration);
  document["query"] = report.query.empty() ? Json() : Json(report.query);
  document["highlights"] = highlights;
  return dump_json(document) + "\n";
}

/// Subtitles and edits go forward in time.
std::vector<Highlight> in_order(const HighlightReport& report) {
  std::vector<Highlight> highlights = report.highlights;
  std::sort(highlights.begin(), highlights.end(),
            [](const Highlight& a, const Highlight& b) { return a.span.start < b.span.start; });
  return highlights;
}

std::string srt(const HighlightReport& report) {
  std::string text;
  const auto highlights = in_order(report);
  for (std::size_t i = 0; i < highlights.size(); ++i) {
    const Highlight& highlight = highlights[i];
    text +=
        fmt::format("{}\n{} --> {}\n{}\n\n", i + 1, format_subtitle_time(highlight.span.start, ','),
                    format_subtitle_time(highlight.span.end, ','), reasons_of(highlight));
  }
  return text;
}

std::string edl(const HighlightReport& report) {
  EditList list("ogam highlights");
  for (const Highlight& highlight : in_order(report)) {
    list.add(report.asset.path, highlight.span);
  }
  return list.text();
}

struct Format {
  std::string_view name;
  std::string (*write)(const HighlightReport&);
};

constexpr std::array kFormats = {Format{"table", &table}, Format{"json", &json},
                                 Format{"srt", &srt}, Format{"edl", &edl}};

po::options_description own_options() {
  po::options_description options("Options", static_cast<unsigned>(terminal_width()));
  options.add_options()  //
      ("query", po::value<std::string>()->value_name("TEXT"),
       "the moments that match this, instead of those that stand out")  //
      ("count,n", po::value<std::int64_t>()->value_name("N")->default_value(5),
       "how many at most")  //
      ("duration", po::value<std::string>()->value_name("TIME"),
       "how long they are together at most")  //
      ("format", po::value<std::string>()->value_name("F"), "table, json, srt or edl");
  OutputFile::add_option(options);
  return options;
}

HighlightChoice choice_of(const CommandLine& line) {
  HighlightChoice choice;
  const auto count = line.get<std::int64_t>("count");
  require(count >= 1 && count <= static_cast<std::int64_t>(kMost), ErrorCode::invalid_argument,
          "--count takes a number from 1 to {}, got {}", kMost, count);
  choice.most = static_cast<std::size_t>(count);
  if (line.has("duration")) {
    choice.total = parse_time(line.get<std::string>("duration"));
    require(choice.total >= kSecond, ErrorCode::invalid_argument,
            "--duration takes a second at least, got '{}'", line.get<std::string>("duration"));
  }
  return choice;
}

std::vector<Highlight> matching(const UnderstandingInput& input, const AssetMaterial& material,
                                const std::string& query, const HighlightChoice& choice) {
  SearchRequest request;
  request.text = query;
  request.filter = fmt::format("asset=\"{}\"", material.asset.id);
  request.limit = kMost;
  const SearchResult found = search(input.archive(), input.pack(), request);
  return highlights_of_moments(material, found.moments, choice);
}

}  // namespace

int run_highlights(std::span<const std::string> arguments) {
  const CommandLine line(
      {.synopsis = "highlights ASSET [OPTIONS]",
       .description = "The moments of a video or a recording of the archive that stand out, or "
                      "that match a query, with\n"
                      "reasons. Without a query these are faster speech, louder sound, unusual "
                      "pictures, laughter,\n"
                      "applause and the like. ASSET is a path or an id.",
       .examples = "  ogam highlights match.mp4 -n 3\n"
                   "  ogam highlights 강연.mp4 --query 질문 --duration 1:00 --format edl\n",
       .positionals = 1},
      own_options(), arguments);
  if (line.wants_nothing_more()) {
    return kDone;
  }
  require(!line.words().empty(), ErrorCode::invalid_argument,
          "name the video by its path or id: ogam highlights ASSET");
  const OutputFile out(line);
  const Format& format = find_named(kFormats, out.format("table"), "a format of highlights");
  const HighlightChoice choice = choice_of(line);
  const auto query = line.get_or<std::string>("query", "");
  require(!line.has("query") || !query.empty(), ErrorCode::invalid_argument,
          "--query needs a text to look for");

  const UnderstandingInput input(line, line.words());
  const AssetMaterial material =
      input.material(input.assets().front(), {.sentence_vectors = false});
  HighlightReport report{.asset = material.asset, .query = query, .highlights = {}};
  report.highlights = query.empty() ? salient_moments(line.common(), material, choice)
                                    : matching(input, material, query, choice);
  out.write(format.write(report));
  note_extractive(line.common(), "moments are chosen by what was measured in them");
  return kDone;
}

}  // namespace ogam
