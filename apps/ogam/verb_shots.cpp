#include <fmt/format.h>

#include <array>
#include <cstdio>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/named_row.h"
#include "apps/ogam/progress_bar.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/verbs.h"
#include "core/base/files.h"
#include "encoders/video/transnet_v2.h"
#include "pipelines/editing/edit_list.h"
#include "pipelines/pack.h"
#include "pipelines/shots.h"

namespace ogam {

namespace {

namespace po = boost::program_options;

struct ShotReport {
  std::filesystem::path path;
  std::vector<TimeSpan> shots;
};

std::string table(const ShotReport& report) {
  Table table({"SHOT", "START", "END", "LENGTH"});
  for (std::size_t i = 0; i < report.shots.size(); ++i) {
    const TimeSpan& shot = report.shots[i];
    table.add({std::to_string(i + 1), format_time(shot.start), format_time(shot.end),
               format_time(shot.duration())});
  }
  return table.text();
}

std::string json(const ShotReport& report) {
  Json shots = Json::array();
  for (const TimeSpan& shot : report.shots) {
    shots.push_back({{"start", to_seconds(shot.start)}, {"end", to_seconds(shot.end)}});
  }
  return dump_json({{"path", display_path(report.path)}, {"shots", shots}}) + "\n";
}

std::string csv(const ShotReport& report) {
  std::string text = "shot,start,end\n";
  for (std::size_t i = 0; i < report.shots.size(); ++i) {
    text += fmt::format("{},{:.6f},{:.6f}\n", i + 1, to_seconds(report.shots[i].start),
                        to_seconds(report.shots[i].end));
  }
  return text;
}

std::string edl(const ShotReport& report) {
  EditList list("ogam shots");
  for (const TimeSpan& shot : report.shots) {
    list.add(report.path, shot);
  }
  return list.text();
}

struct Format {
  std::string_view name;
  std::string (*write)(const ShotReport&);
};

constexpr std::array kFormats = {Format{"table", &table}, Format{"json", &json},
                                 Format{"csv", &csv}, Format{"edl", &edl}};

}  // namespace

int run_shots(std::span<const std::string> arguments) {
  po::options_description own("Options", static_cast<unsigned>(terminal_width()));
  own.add_options()("format", po::value<std::string>()->value_name("F"), "table, json, csv or edl");
  const CommandLine line({.synopsis = "shots FILE [OPTIONS]",
                          .description = "Where the shots of a video begin and end (TransNetV2).",
                          .examples = "  ogam shots film.mp4 --format csv > shots.csv\n",
                          .positionals = 1},
                         own, arguments);
  if (line.wants_nothing_more()) {
    return kDone;
  }
  require(!line.words().empty(), ErrorCode::invalid_argument, "name the video: ogam shots FILE");
  const Format& format = find_named(
      kFormats, line.common().json ? "json" : line.get_or<std::string>("format", "table"),
      "a format of shots");
  const std::filesystem::path path = line.words().front();

  const Pack pack = Pack::open(line.common().pack);
  const auto task = pack.manifest().tasks.find("shots");
  require(task != pack.manifest().tasks.end(), ErrorCode::unavailable,
          "the pack {} has no model that finds shots", pack.manifest().name);
  const auto model = pack.shot_model(task->second);
  ThreadBudget budget(line.common().threads);
  ProgressBar bar(line.common());
  const ShotList found = detect_shots(path, *model, budget, cancellation_by_signals(),
                                      [&](const ProgressEvent& event) { bar.show(event); });
  bar.clear();
  if (const std::string damage = describe_damage(found.report);
      !damage.empty() && !line.common().quiet) {
    fmt::print(stderr, "{}: {}\n", display_path(path), damage);
  }
  fmt::print("{}", format.write({path, found.shots}));
  return kDone;
}

}  // namespace ogam
