#include "pipelines/indexing.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <set>
#include <string_view>
#include <system_error>

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

/// Between two events that only tell how far a file was read.
constexpr std::chrono::milliseconds kProgressPause(200);

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void check_options(const IndexOptions& options) {
  require(!options.lanes.empty(), ErrorCode::invalid_argument, "no lanes to index");
  constexpr double kFewest = 0.001;
  constexpr double kMost = 60;
  require(options.sample_fps >= kFewest && options.sample_fps <= kMost, ErrorCode::invalid_argument,
          "{} to {} frames a second can be looked at, got {}", kFewest, kMost, options.sample_fps);
}

/// What shows that a file was written to.
struct FileState {
  std::uintmax_t bytes = 0;
  fs::file_time_type written;
  bool operator==(const FileState&) const = default;
};

FileState state_of(const fs::path& path) {
  std::error_code gone;  // both values then say so
  return {fs::file_size(path, gone), fs::last_write_time(path, gone)};
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
    try {
      files_ = find_input_files(inputs, options_.cancellation);
      if (!options_.dry_run) {
        set_background();
      }
    } catch (const Cancelled&) {
      report_.cancelled = true;
    }
    for (const InputFile& file : files_) {
      bytes_left_ += static_cast<double>(file.bytes);
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
    file_start_ = Clock::now();
    storing_ = false;
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
      // What would fail every file that follows, after hours of work.
      const bool in_the_way_of_all = error.code() == ErrorCode::unavailable ||
                                     error.code() == ErrorCode::inaccessible ||
                                     (storing_ && error.code() != ErrorCode::invalid_argument);
      if (in_the_way_of_all) {
        deliver(file, report);
        throw;
      }
    } catch (const std::bad_alloc&) {
      fail_file(report, ErrorCode::resource_exhausted,
                fmt::format("{}: not enough memory", display_path(file.path)));
    } catch (const std::exception& error) {
      fail_file(report, ErrorCode::internal,
                fmt::format("{}: {}", display_path(file.path), describe(error)));
    }
    deliver(file, report);
  }

  static void fail_file(FileReport& report, ErrorCode code, const std::string& message) {
    const std::string path = display_path(report.path);
    report.status = FileStatus::failed;
    report.error = code;
    report.message = message.find(path) == std::string::npos ? path + ": " + message : message;
  }

  void process(const InputFile& file, FileReport& report) {
    show_progress(file, 0, 0, "reading");
    const FileState before = state_of(file.path);
    const MediaKind kind = detect_media_kind(file.path);
    report.kind = media_kind_name(kind);
    report.asset = "b3:" + blake3_file_hex(file.path, options_.cancellation);
    const std::string settings = analyzer_.settings_for(file);
    const auto known = archive_.find(report.asset);
    const bool done = known && known->settings == settings && has_tags(*known);
    if ((done && !options_.force) || seen_.contains(report.asset)) {
      seen_.insert(report.asset);
      skip(file, known, report);
      return;
    }
    if (options_.dry_run) {
      seen_.insert(report.asset);
      report.status = FileStatus::planned;
      return;
    }
    AssetAnalysis analysis = analyzer_.analyze(
        file, kind, [&](Time done_time, Time total) { show_progress(file, done_time, total, ""); });
    analysis.record.id = report.asset;
    analysis.record.settings = settings;
    if (known) {
      analysis.record.tags.insert(known->tags.begin(), known->tags.end());
    }
    show_progress(file, analysis.record.duration, analysis.record.duration, "saving");
    require(state_of(file.path) == before, ErrorCode::corrupt_data,
            "{} changed while it was read; index it again when it is complete",
            display_path(file.path));
    fill(report, analysis);
    storing_ = true;
    archive_.add(analysis.record);
    seen_.insert(report.asset);
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
    if (known->path == file.path) {
      return;
    }
    std::error_code error;
    if (fs::status(known->path, error).type() == fs::file_type::not_found) {
      report.notes.push_back("moved from " + display_path(known->path));
      if (!options_.dry_run) {
        archive_.set_path(known->id, file.path);
      }
    } else if (!fs::equivalent(known->path, file.path, error)) {
      report.notes.push_back("the same content is indexed as " + display_path(known->path));
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

  void deliver(const InputFile& file, FileReport& report) {
    report.seconds = seconds_since(file_start_);
    bytes_left_ -= static_cast<double>(file.bytes);
    if (report.status == FileStatus::indexed || report.status == FileStatus::failed) {
      bytes_done_ += static_cast<double>(file.bytes);
      seconds_done_ += report.seconds;
    }
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
        options_.cancellation.check();
        if (const auto queries = encoder.encode_texts(lane, space, pack_.manifest().background);
            !queries.empty()) {
          archive_.set_background(id, queries);
        }
      }
    }
  }

  /// @param message empty for an event that may be left out because others came just before.
  void show_progress(const InputFile& file, Time done, Time total, std::string_view message) {
    const auto now = Clock::now();
    if (!options_.on_progress || (message.empty() && now - last_progress_ < kProgressPause)) {
      return;
    }
    last_progress_ = now;
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
    event.seconds_left = seconds_of_later_files();
    if (event.realtime > 0 && total > done) {
      event.seconds_left += to_seconds(total - done) / event.realtime;
    }
    event.message = message;
    options_.on_progress(event);
  }

  /// What the files behind this one will take, if they go as fast, byte for byte, as those before.
  double seconds_of_later_files() const {
    const double later = bytes_left_ - static_cast<double>(files_[file_].bytes);
    return bytes_done_ > 0 && later > 0 ? seconds_done_ * later / bytes_done_ : 0;
  }

  Archive& archive_;
  const IndexOptions& options_;
  AssetAnalyzer analyzer_;
  const Pack pack_;
  std::vector<InputFile> files_;
  std::size_t file_ = 0;
  std::set<std::string> seen_;  // assets that are done in this run
  bool storing_ = false;        // the archive is at work
  IndexReport report_;
  double bytes_left_ = 0;  // of the files from `file_` on
  double bytes_done_ = 0;  // of those that were worked on, in `seconds_done_`
  double seconds_done_ = 0;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point file_start_ = start_;
  Clock::time_point last_progress_ = start_;
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
