#include "apps/ogam/verb_pull.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <mutex>

#include "apps/ogam/console.h"
#include "apps/ogam/licence_list.h"
#include "apps/ogam/progress_bar.h"
#include "apps/ogam/run_verb.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/hub/pull.h"

namespace ogam {

namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;

using Texts = std::vector<std::string>;

hub::PullOptions options_of(const CommandLine& line) {
  hub::PullOptions options;
  options.selection.include = line.get_or<Texts>("include", {});
  options.selection.exclude = line.get_or<Texts>("exclude", {});
  options.workers = line.get_or<int>("workers", options.workers);
  if (line.has("require-license")) {
    options.licences = parse_licences(line.get<std::string>("require-license"));
  }
  return options;
}

Json report_json(const hub::ModelId& id, const hub::PullReport& report) {
  Json files = Json::array();
  for (const hub::PulledFile& file : report.files) {
    files.push_back({{"path", display_path(file.path)},
                     {"size", file.size},
                     {"etag", file.etag},
                     {"status", file.downloaded ? "downloaded" : "cached"}});
  }
  return {{"model", id.name},
          {"revision", id.revision},
          {"commit", report.commit},
          {"folder", display_path(report.folder)},
          {"licences", report.licences},
          {"files", files},
          {"missing", report.missing},
          {"bytes_received", report.bytes_received},
          {"seconds", report.seconds}};
}

void print_summary(const hub::PullReport& report) {
  const auto fetched = std::count_if(report.files.begin(), report.files.end(),
                                     [](const auto& file) { return file.downloaded; });
  std::string summary = fmt::format("{} of {} files downloaded", fetched, report.files.size());
  if (report.bytes_received > 0) {
    summary += fmt::format(": {} in {:.1f} s", format_bytes(report.bytes_received), report.seconds);
  }
  fmt::print(stderr, "{}\n", summary);
  for (const std::string& file : report.missing) {
    fmt::print(stderr, "The model has no {}; ogam may not be able to load it.\n",
               display_path(file));
  }
}

void print_stopped(const hub::PullReport& report) {
  if (report.files.empty()) {
    fmt::print(stderr, "Stopped before anything was downloaded.\n");
    return;
  }
  const auto here = std::count_if(report.files.begin(), report.files.end(),
                                  [](const auto& file) { return file.is_here; });
  fmt::print(
      stderr,
      "Stopped. {} of {} files are there, and parts of others are kept; run the same command "
      "again to go on.\n",
      here, report.files.size());
}

}  // namespace

po::options_description pull_options() {
  po::options_description options("Options of pull", static_cast<unsigned>(terminal_width()));
  options.add_options()  //
      ("include", po::value<Texts>()->value_name("GLOB")->composing(),
       "only files like this, instead of configurations, safetensors and tokenizers; may be "
       "repeated")  //
      ("exclude", po::value<Texts>()->value_name("GLOB")->composing(),
       "no files like this; may be repeated")  //
      ("require-license", po::value<std::string>()->value_name("L,..."),
       "download nothing under another licence than these")  //
      ("workers", po::value<int>()->value_name("N"), "files at a time (default 4)");
  return options;
}

bool has_pull_options(const CommandLine& line) {
  constexpr std::array kNames = {"include", "exclude", "require-license", "workers"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](const char* name) { return line.has(name); });
}

int pull_model(const CommandLine& line) {
  require(line.words().size() == 2, ErrorCode::invalid_argument,
          "name the model: ogam models pull ORGANISATION/NAME");
  const hub::ModelId id = hub::parse_model_id(line.words()[1]);
  hub::PullOptions options = options_of(line);
  options.cancellation = cancellation_by_signals();
  ProgressBar bar(line.common());
  options.on_progress = [&](const ProgressEvent& event) { bar.show(event); };
  std::mutex notes;
  options.on_note = [&](const std::string& text) {
    if (!line.common().quiet && !line.common().json) {
      const std::lock_guard lock(notes);
      bar.clear();
      fmt::print(stderr, "{}\n", printable(text));
    }
  };
  const hub::PullReport report = hub::pull(id, options);
  bar.clear();
  if (report.cancelled) {
    print_stopped(report);
    return kInterrupted;
  }
  if (!line.common().quiet && !line.common().json) {
    print_summary(report);
  }
  if (line.common().json) {
    print_json(report_json(id, report));
  } else {
    fmt::print("{}\n", display_path(report.folder));
  }
  return kDone;
}

}  // namespace ogam
