#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <sys/utsname.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/scratch_folder.h"
#include "core/base/files.h"
#include "core/base/thread_budget.h"
#include "core/media/reader.h"
#include "ogam/ogam.h"

// ogam-bench index VIDEO: what each lane costs on this machine, each measured alone through the
// real indexer, then all of them together. Decoding is part of every row.

namespace ogam {

namespace {

namespace fs = std::filesystem;

/// One line of the report.
struct Row {
  std::string name;
  double seconds = 0;
  double realtime = 0;
  double peak_megabytes = 0;
};

/// Forgets the peak so far, so that the next row measures its own.
/// @return false where the system does not allow that; peaks are then those of all rows so far.
bool reset_peak_memory() {
  std::ofstream file("/proc/self/clear_refs");
  file << "5" << std::flush;
  return file.good();
}

double peak_megabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) {
      return std::stod(line.substr(6)) / 1024;
    }
  }
  return 0;
}

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) {
      return line.substr(line.find(':') + 2);
    }
  }
  utsname machine{};
  return ::uname(&machine) == 0 ? machine.machine : "unknown";
}

template <typename Work>
Row measure(const std::string& name, Time duration, const Work& work) {
  reset_peak_memory();
  const auto start = std::chrono::steady_clock::now();
  work();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return {name, seconds, to_seconds(duration) / seconds, peak_megabytes()};
}

void decode_all(const fs::path& video) {
  MediaReader reader(video);
  while (reader.next()) {
  }
}

/// Indexes the video into a fresh archive.
void index_video(const fs::path& video, const Pack& pack, const IndexOptions& options) {
  const ScratchFolder folder;
  Archive archive = Archive::open_or_create(folder.path() / "archive", pack.spaces(options.lanes));
  const IndexReport report = index(archive, pack, {video}, options);
  require(report.indexed == 1, ErrorCode::invalid_argument,
          "the video could not be indexed; ogam index {} says why", display_path(video));
}

int run_index_bench(std::span<const std::string> arguments) {
  const CommandLine line(
      {.synopsis = "bench: ogam-bench index VIDEO [OPTIONS]",
       .description = "Seconds, speed and peak memory of each lane alone, decoding "
                      "included, and of all together.\n"
                      "Memory is that of the whole process, with every model loaded.",
       .examples = "",
       .positionals = 1},
      boost::program_options::options_description(), arguments);
  if (line.wants_nothing_more()) {
    return kDone;
  }
  require(line.words().size() == 1, ErrorCode::invalid_argument, "name the video to measure with");
  const fs::path video = line.words().front();
  const MediaInfo info = probe_media(video);
  const Pack pack = Pack::open(line.common().pack);

  IndexOptions everything;
  everything.threads = line.common().threads;
  IndexOptions fixed = everything;
  fixed.segments = SegmentRule::parse("fixed:10");
  IndexOptions only_shots = everything;
  only_shots.lanes = {Lane::fused};
  index_video(video, pack, everything);  // loads the models and warms the file cache
  if (!reset_peak_memory()) {
    fmt::print(stderr,
               "Peaks of memory cannot be told apart here; each is that of all rows above.\n");
  }

  std::vector<Row> rows;
  rows.push_back(measure("decode", info.duration, [&] { decode_all(video); }));
  rows.push_back(measure("shots", info.duration, [&] { index_video(video, pack, only_shots); }));
  for (const PackLane& lane : pack.manifest().lanes) {
    fixed.lanes = {lane.lane};
    rows.push_back(measure(std::string(lane.lane.name()), info.duration,
                           [&] { index_video(video, pack, fixed); }));
  }
  rows.push_back(
      measure("everything", info.duration, [&] { index_video(video, pack, everything); }));

  if (line.common().json) {
    Json json = Json::array();
    for (const Row& row : rows) {
      json.push_back({{"stage", row.name},
                      {"seconds", row.seconds},
                      {"realtime", row.realtime},
                      {"peak_megabytes", row.peak_megabytes}});
    }
    print_json({{"video", display_path(video)},
                {"duration", to_seconds(info.duration)},
                {"cpu", cpu_name()},
                {"threads", ThreadBudget(line.common().threads).size()},
                {"rows", json}});
    return kDone;
  }
  fmt::print("{}, {}, {}x{}; {}, {} threads\n", display_path(video), format_time(info.duration),
             info.video ? info.video->size.width : 0, info.video ? info.video->size.height : 0,
             cpu_name(), ThreadBudget(line.common().threads).size());
  Table table({"STAGE", "SECONDS", "X REALTIME", "PEAK MEMORY"});
  for (const Row& row : rows) {
    table.add({row.name, fmt::format("{:.2f}", row.seconds), fmt::format("{:.1f}", row.realtime),
               fmt::format("{:.0f} MB", row.peak_megabytes)});
  }
  fmt::print("{}", table.text());
  return kDone;
}

}  // namespace

}  // namespace ogam

int main(int count, char** arguments) {
  at::set_num_threads(1);
  const std::vector<std::string> words(arguments + 1, arguments + count);
  if (words.empty() || words.front() != "index") {
    fmt::print(stderr, "Usage: ogam-bench index VIDEO [OPTIONS]\n");
    return ogam::kUsage;
  }
  const std::vector<std::string> rest(words.begin() + 1, words.end());
  return ogam::run_verb({"bench", "", &ogam::run_index_bench}, rest);
}
