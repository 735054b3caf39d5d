#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <optional>

#include "apps/ogam/command_line.h"
#include "apps/ogam/console.h"
#include "apps/ogam/progress_bar.h"
#include "apps/ogam/run_verb.h"
#include "apps/ogam/scratch_folder.h"
#include "apps/ogam/verbs.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "ogam/ogam.h"

namespace ogam {

namespace {

namespace po = boost::program_options;

po::options_description own_options() {
  po::options_description options("Options", static_cast<unsigned>(terminal_width()));
  options.add_options()  //
      ("lanes", po::value<std::string>()->value_name("L,..."),
       "what to look at: visual, sound, speech, text, fused (default: all that the pack has)")  //
      ("language", po::value<std::string>()->value_name("auto|ko|en|...")->default_value("auto"),
       "of the speech")  //
      ("segments",
       po::value<std::string>()->value_name("shots|fixed:SECONDS")->default_value("shots"),
       "how videos are cut into moments")  //
      ("sample-fps", po::value<double>()->value_name("F")->default_value(1.0),
       "frames a second that are looked at")  //
      ("tag", po::value<std::vector<std::string>>()->value_name("K=V")->composing(),
       "mark the files, for search --filter; may be repeated; earlier marks stay")  //
      ("force", po::bool_switch(), "index again what is there already")             //
      ("dry-run", po::bool_switch(), "only say what would be done");
  return options;
}

IndexOptions index_options(const CommandLine& line) {
  IndexOptions options;
  if (line.has("lanes")) {
    options.lanes = Lane::parse_list(line.get<std::string>("lanes"));
  }
  options.language = line.get<std::string>("language");
  options.segments = SegmentRule::parse(line.get<std::string>("segments"));
  options.sample_fps = line.get<double>("sample-fps");
  for (const auto& [name, value] :
       parse_pairs(line.get_or<std::vector<std::string>>("tag", {}), "tag")) {
    options.tags[name] = value;
  }
  options.force = line.get<bool>("force");
  options.dry_run = line.get<bool>("dry-run");
  options.threads = line.common().threads;
  return options;
}

double realtime(const FileReport& file) {
  return file.seconds > 0 ? to_seconds(file.duration) / file.seconds : 0;
}

Json file_json(const FileReport& file) {
  const auto words = [&](const char* lane) {
    const auto found = file.words.find(lane);
    return found == file.words.end() ? 0 : found->second;
  };
  Json json = {{"path", display_path(file.path)},
               {"asset", file.asset},
               {"status", file_status_name(file.status)},
               {"kind", file.kind},
               {"duration", to_seconds(file.duration)},
               {"segments", file.segments},
               {"vectors", file.vectors},
               {"words", {{"speech", words("speech")}, {"text", words("text")}}},
               {"seconds", file.seconds},
               {"realtime", realtime(file)}};
  if (!file.notes.empty()) {
    json["notes"] = file.notes;
  }
  if (file.error) {
    json["error"] = error_json(error_code_name(*file.error), file.message);
  }
  return json;
}

std::string file_line(const FileReport& file) {
  const std::string path = display_path(file.path);
  if (file.status == FileStatus::failed) {
    return fmt::format("failed   {}", printable(file.message));
  }
  if (file.status != FileStatus::indexed) {
    return fmt::format("{}  {}", file_status_name(file.status), path);
  }
  std::string line = fmt::format("indexed  {}", path);
  if (file.duration > 0) {
    line += fmt::format("  {}", format_time(file.duration));
    if (file.seconds > 0) {
      line += fmt::format(" at {:.1f}x realtime", realtime(file));
    }
  }
  if (file.segments > 1) {
    line += fmt::format(", {} moments", file.segments);
  }
  for (const auto& [lane, words] : file.words) {
    if (words > 0) {
      line += fmt::format(", {} words {}", words, lane == "speech" ? "spoken" : "written");
    }
  }
  return line;
}

/// Whether a dry run over this archive would have to make it first.
bool is_new(const std::filesystem::path& archive) {
  std::error_code error;
  return !std::filesystem::exists(archive, error) || std::filesystem::is_empty(archive, error);
}

void print_summary(const IndexReport& report, const CommandLine& line) {
  for (const std::string& note : report.notes) {
    fmt::print(stderr, "{}\n", note);
  }
  if (report.cancelled) {
    fmt::print(stderr, "Stopped. {} finished {} kept; run the same command again to go on.\n",
               report.indexed, report.indexed == 1 ? "file is" : "files are");
  }
  if (line.get<bool>("dry-run")) {
    fmt::print(stderr, "{} to index, {} unchanged, {} failed. Nothing was written.\n",
               report.planned, report.skipped, report.failed);
    return;
  }
  fmt::print(stderr, "{} indexed, {} unchanged, {} failed; {} of media in {:.1f} s", report.indexed,
             report.skipped, report.failed, format_time(report.duration), report.seconds);
  if (report.duration > 0 && report.seconds > 0) {
    fmt::print(stderr, " ({:.1f}x realtime)", to_seconds(report.duration) / report.seconds);
  }
  fmt::print(stderr, ". Archive: {}\n", display_path(line.common().archive));
}

}  // namespace

int run_index(std::span<const std::string> arguments) {
  const CommandLine line(
      {.synopsis = "index PATH... [OPTIONS]",
       .description =
           "Adds files and folders (with what is in them) to an archive: video, audio, "
           "pictures, texts.\n"
           "Subtitles (.srt, .vtt, .smi) beside a video are used as its speech. Files that "
           "were indexed before\n"
           "are skipped; stopping and starting again goes on where it was.",
       .examples = "  ogam index clips/\n"
                   "  ogam index --archive ~/archive --language ko --tag series=news 뉴스.mp4\n",
       .positionals = -1},
      own_options(), arguments);
  if (line.wants_nothing_more()) {
    return kDone;
  }
  require(!line.words().empty(), ErrorCode::invalid_argument, "name the files or folders to index");
  IndexOptions options = index_options(line);
  options.cancellation = cancellation_by_signals();
  ProgressBar bar(line.common());
  options.on_progress = [&](const ProgressEvent& event) { bar.show(event); };
  options.on_file = [&](const FileReport& file) {
    bar.clear();
    if (line.common().json) {
      print_json(file_json(file));
    } else if (file.status == FileStatus::failed) {
      fmt::print(stderr, "{}\n", file_line(file));
    } else if (!line.common().quiet) {
      fmt::print("{}\n", file_line(file));
      std::fflush(stdout);
    }
    for (const std::string& note : file.notes) {
      if (!line.common().quiet && !line.common().json) {
        fmt::print(stderr, "         {}\n", note);
      }
    }
  };

  const Pack pack = Pack::open(line.common().pack);
  const std::filesystem::path folder = line.common().archive;
  std::optional<ScratchFolder> scratch;  // stands in for it, so that nothing is left behind
  if (options.dry_run && is_new(folder)) {
    scratch.emplace();
  }
  Archive archive = Archive::open_or_create(scratch ? scratch->path() / "archive" : folder,
                                            pack.spaces(options.lanes));
  const std::vector<std::filesystem::path> inputs(line.words().begin(), line.words().end());
  const IndexReport report = index(archive, pack, inputs, options);
  bar.clear();
  if (!line.common().quiet) {
    print_summary(report, line);
  }
  if (report.cancelled) {
    return kInterrupted;
  }
  return report.failed > 0 ? kSomeFailed : kDone;
}

}  // namespace ogam
