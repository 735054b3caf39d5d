#include "pipelines/indexing.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <set>

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/media/kind.h"
#include "core/text/word_count.h"
#include "pipelines/asset_analysis.h"
#include "pipelines/input_files.h"
#include "pipelines/query_encoder.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void check_options(const IndexOptions& options) {
  require(!options.lanes.empty(), ErrorCode::invalid_argument, "no lanes to index");
  require(std::isfinite(options.sample_fps) && options.sample_fps > 0 && options.sample_fps <= 60,
          ErrorCode::invalid_argument,
          "frames are sampled at more than 0 and at most 60 a second, got {}", options.sample_fps);
}

/// One run of `index`.
class IndexRun {
 public:
  IndexRun(Archive& archive, const Pack& pack, const IndexOptions& options)
      : archive_(archive), options_(options), analyzer_(pack, options), pack_(pack) {}

  IndexReport run(const std::vector<fs::path>& inputs) {
    for (const Lane lane : analyzer_.missing_lanes()) {
      // Asking for everything is no complaint about a lane that this pack never had.
      if (options_.lanes.size() < Lane::all().size()) {
        report_.notes.push_back(
            fmt::format("The pack {} has no model for the lane {}; it is left out.",
                        pack_.manifest().name, lane.name()));
      }
    }
    files_ = find_input_files(inputs);
    if (!options_.dry_run) {
      set_background();
    }
    for (file_ = 0; file_ < files_.size() && !report_.cancelled; ++file_) {
      index_file(files_[file_]);
    }
    report_.seconds = seconds_since(start_);
    return report_;
  }

 private:
  void index_file(const InputFile& file) {
    FileReport report;
    report.path = file.path;
    const auto start = Clock::now();
    try {
      options_.cancellation.check();
      if (file.error) {
        throw *file.error;
      }
      process(file, report);
    } catch (const Cancelled&) {
      report_.cancelled = true;
      return;
    } catch (const Error& error) {
      fail_file(report, error.code(), describe(error));
      // A full disk or a missing model would fail every file that follows.
      if (report.error == ErrorCode::unavailable) {
        deliver(report, start);
        throw;
      }
    } catch (const std::bad_alloc&) {
      fail_file(report, ErrorCode::resource_exhausted,
                fmt::format("{}: not enough memory", display_path(file.path)));
    } catch (const std::exception& error) {
      fail_file(report, ErrorCode::internal,
                fmt::format("{}: {}", display_path(file.path), describe(error)));
    }
    deliver(report, start);
  }

  static void fail_file(FileReport& report, ErrorCode code, std::string message) {
    const std::string path = display_path(report.path);
    report.status = FileStatus::failed;
    report.error = code;
    report.message = message.find(path) == std::string::npos ? path + ": " + message : message;
  }

  void process(const InputFile& file, FileReport& report) {
    show_progress(file, 0, 0, "reading");
    const MediaKind kind = detect_media_kind(file.path);
    report.kind = media_kind_name(kind);
    report.asset = "b3:" + blake3_file_hex(file.path);
    const std::string settings = analyzer_.settings_for(file);
    const auto known = archive_.find(report.asset);
    const bool done = known && known->settings == settings && has_tags(*known);
    if ((done && !options_.force) || !seen_.insert(report.asset).second) {
      skip(file, known, report);
      return;
    }
    if (options_.dry_run) {
      report.status = FileStatus::planned;
      return;
    }
    AssetAnalysis analysis = analyzer_.analyze(
        file, kind, [&](Time done_time, Time total) { show_progress(file, done_time, total, ""); });
    analysis.record.id = report.asset;
    fill(report, analysis);
    show_progress(file, report.duration, report.duration, "saving");
    archive_.add(analysis.record);
  }

  bool has_tags(const AssetSummary& known) const {
    return std::includes(known.tags.begin(), known.tags.end(), options_.tags.begin(),
                         options_.tags.end());
  }

  void skip(const InputFile& file, const std::optional<AssetSummary>& known, FileReport& report) {
    report.status = FileStatus::skipped;
    if (!known) {
      report.notes.emplace_back("the same content came earlier in this run");
      return;
    }
    report.duration = known->duration;
    report.segments = known->segments;
    report.vectors = known->vectors;
    report.words = known->words;
    std::error_code error;
    if (known->path != file.path && !fs::exists(known->path, error)) {
      report.notes.push_back("moved from " + display_path(known->path));
      if (!options_.dry_run) {
        archive_.set_path(known->id, file.path);
      }
    }
  }

  void fill(FileReport& report, const AssetAnalysis& analysis) {
    std::map<std::string, std::string> lane_of;
    for (const Space& space : pack_.spaces(options_.lanes)) {
      lane_of[space.id] = std::string(space.lane.name());
    }
    report.duration = analysis.record.duration;
    report.segments = analysis.record.segments.size();
    for (const VectorRecord& vector : analysis.record.vectors) {
      ++report.vectors[lane_of.at(vector.space)];
    }
    for (const WordsRecord& words : analysis.record.words) {
      report.words[std::string(words.lane.name())] += count_words(words.text.text);
    }
    report.notes = analysis.notes;
  }

  void deliver(FileReport& report, Clock::time_point start) {
    report.seconds = seconds_since(start);
    report_.indexed += report.status == FileStatus::indexed ? 1 : 0;
    report_.planned += report.status == FileStatus::planned ? 1 : 0;
    report_.skipped += report.status == FileStatus::skipped ? 1 : 0;
    report_.failed += report.status == FileStatus::failed ? 1 : 0;
    if (report.status == FileStatus::indexed) {
      report_.duration += report.duration;
    }
    if (options_.on_file) {
      options_.on_file(report);
    }
  }

  /// The archive measures its scores against the pack's background texts.
  void set_background() {
    QueryEncoder encoder(pack_);
    for (const PackLane& lane : pack_.manifest().lanes) {
      for (const PackSpace& space : lane.spaces) {
        const std::string id = pack_.space(lane, space).id;
        const auto spaces = archive_.spaces();
        const bool kept = std::any_of(spaces.begin(), spaces.end(),
                                      [&](const Space& stored) { return stored.id == id; });
        if (!kept || archive_.has_background(id)) {
          continue;
        }
        if (const auto queries = encoder.encode_texts(lane, space, pack_.manifest().background);
            !queries.empty()) {
          archive_.set_background(id, queries);
        }
      }
    }
  }

  void show_progress(const InputFile& file, Time done, Time total, const char* message) {
    if (!options_.on_progress) {
      return;
    }
    ProgressEvent event;
    event.path = file.path;
    event.files_done = file_;
    event.files_total = files_.size();
    event.time_done = done;
    event.time_total = total;
    const double seconds = seconds_since(start_);
    if (seconds > 1) {
      event.realtime = to_seconds(report_.duration + done) / seconds;
    }
    if (event.realtime > 0 && total > done) {
      event.seconds_left = to_seconds(total - done) / event.realtime;
    }
    event.message = message;
    options_.on_progress(event);
  }

  Archive& archive_;
  const IndexOptions& options_;
  AssetAnalyzer analyzer_;
  const Pack pack_;
  std::vector<InputFile> files_;
  std::size_t file_ = 0;
  std::set<std::string> seen_;
  IndexReport report_;
  Clock::time_point start_ = Clock::now();
};

}  // namespace

std::string_view file_status_name(FileStatus status) {
  constexpr std::array<std::string_view, 4> kNames = {"indexed", "planned", "skipped", "failed"};
  return kNames[static_cast<std::size_t>(status)];
}

IndexReport index(Archive& archive, const Pack& pack, const std::vector<fs::path>& inputs,
                  const IndexOptions& options) {
  check_options(options);
  return IndexRun(archive, pack, options).run(inputs);
}

}  // namespace ogam
