#include "core/hub/pull.h"

#include <fmt/ranges.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <exception>
#include <mutex>
#include <thread>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/hub/cache.h"
#include "core/hub/client.h"
#include "core/hub/fetch_file.h"
#include "core/hub/model_info.h"
#include "core/hub/settings.h"

namespace ogam::hub {

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kMaxWorkers = 64;
constexpr auto kTick = std::chrono::milliseconds(100);
constexpr double kRateMemory = 5;  // seconds over which the shown rate is smoothed

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void check_licences(const std::vector<std::string>& wanted, const std::vector<std::string>& found) {
  if (wanted.empty()) {
    return;
  }
  require(!found.empty(), ErrorCode::unavailable,
          "the hub names no licence, and {} is required; nothing was downloaded",
          fmt::join(wanted, " or "));
  const bool all_wanted = std::all_of(found.begin(), found.end(), [&](const std::string& licence) {
    return std::find(wanted.begin(), wanted.end(), licence) != wanted.end();
  });
  require(all_wanted, ErrorCode::unavailable,
          "its licence is {}, and {} is required; nothing was downloaded",
          display_path(fmt::format("{}", fmt::join(found, ", "))), fmt::join(wanted, " or "));
}

/// The files that are wanted, each with size and etag.
std::vector<RemoteFile> wanted_files(const Client& client, const ModelId& id, ModelInfo& info,
                                     const FileSelection& selection) {
  std::vector<RemoteFile> files;
  for (RemoteFile& file : info.files) {
    if (selection.wants(file.path)) {
      complete(client, id, info.commit, file);
      files.push_back(std::move(file));
    }
  }
  require(!files.empty(), ErrorCode::unavailable,
          "none of its {} files is wanted; name what you want with --include", info.files.size());
  return files;
}

std::uint64_t free_space(fs::path folder) {
  struct statvfs status {};
  while (::statvfs(folder.c_str(), &status) != 0) {
    const fs::path parent = folder.parent_path();
    if (parent == folder) {
      return 0;
    }
    folder = parent;  // it is not made yet
  }
  return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

/// Bytes that are still to come; what an earlier run left of a file counts as had.
std::uint64_t bytes_to_fetch(const ModelCache& cache, const std::string& commit,
                             const std::vector<RemoteFile>& files) {
  std::uint64_t bytes = 0;
  for (const RemoteFile& file : files) {
    if (!cache.has_file(commit, file.path, file.size) && !cache.has_blob(file.etag, file.size)) {
      std::error_code error;
      const auto part = fs::file_size(cache.blob(file.etag).native() + ".incomplete", error);
      bytes += file.size - (error ? 0 : std::min<std::uint64_t>(part, file.size));
    }
  }
  return bytes;
}

/// The files of one model on their way, several at a time.
class Download {
 public:
  Download(const ModelId& id, const PullOptions& options, const Settings& settings,
           const ModelCache& cache, const std::string& commit, std::vector<RemoteFile> files)
      : options_(options),
        client_(settings, stop_, options.on_note),
        job_{client_, cache, id, commit, stop_, count_},
        files_(std::move(files)) {
    // The largest first, so that no worker is left alone with it at the end.
    std::sort(files_.begin(), files_.end(),
              [](const RemoteFile& a, const RemoteFile& b) { return a.size > b.size; });
    for (const RemoteFile& file : files_) {
      report_.files.push_back({.path = file.path, .size = file.size, .etag = file.etag});
      bytes_total_ += file.size;
    }
  }

  /// @throws the first error of a file, after the others have stopped.
  PullReport run() {
    const auto start = Clock::now();
    {
      std::vector<std::jthread> workers;
      const auto count =
          std::min<std::size_t>(static_cast<std::size_t>(options_.workers), files_.size());
      running_ = count;
      for (std::size_t i = 0; i < count; ++i) {
        workers.emplace_back([this] { work(); });
      }
      while (running_ > 0) {
        if (options_.cancellation.requested()) {
          stop_.request();
        }
        show_progress();
        std::this_thread::sleep_for(kTick);
      }
    }
    if (error_) {
      std::rethrow_exception(error_);
    }
    report_.cancelled = !all_here();
    report_.bytes_received = count_.received;
    report_.seconds = seconds_since(start);
    return std::move(report_);
  }

 private:
  bool all_here() const {
    return std::all_of(report_.files.begin(), report_.files.end(),
                       [](const PulledFile& file) { return file.is_here; });
  }

  void work() {
    try {
      for (;;) {
        const std::size_t index = next_++;
        if (index >= files_.size()) {
          break;
        }
        stop_.check();
        at_work_ = index;
        report_.files[index].downloaded = fetch_file(job_, files_[index]);
        report_.files[index].is_here = true;
        ++done_;
      }
    } catch (const Cancelled&) {
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_) {
        error_ = std::current_exception();
      }
      stop_.request();
    }
    --running_;
  }

  void show_progress() {
    const double now = seconds_since(begin_);
    const std::uint64_t received = count_.received;
    const double passed = now - shown_at_;
    if (passed > 0) {
      const double weight = 1 - std::exp(-passed / kRateMemory);
      const double current = static_cast<double>(received - shown_) / passed;
      // Divided by the weights so far, so that the first seconds are not drawn towards zero.
      rate_ += weight * (current - rate_);
      weights_ += weight * (1 - weights_);
      shown_at_ = now;
      shown_ = received;
    }
    if (!options_.on_progress) {
      return;
    }
    const double rate = weights_ > 0 ? rate_ / weights_ : 0;
    const auto had = static_cast<std::uint64_t>(std::max<std::int64_t>(count_.had, 0));
    ProgressEvent event;
    event.path = files_[at_work_].path;
    event.files_done = std::min<std::size_t>(done_, files_.size() - 1);
    event.files_total = files_.size();
    event.bytes_done = std::min(had, bytes_total_);
    event.bytes_total = bytes_total_;
    event.bytes_per_second = rate;
    if (rate > 1) {
      event.seconds_left = static_cast<double>(bytes_total_ - event.bytes_done) / rate;
    }
    options_.on_progress(event);
  }

  const PullOptions& options_;
  CancellationToken stop_;  // requested by the user, and by the first error
  TransferCount count_;
  Client client_;
  FileJob job_;
  std::vector<RemoteFile> files_;
  PullReport report_;
  std::uint64_t bytes_total_ = 0;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::size_t> at_work_ = 0;
  std::atomic<std::size_t> done_ = 0;
  std::atomic<std::size_t> running_ = 0;
  std::mutex mutex_;
  std::exception_ptr error_;
  const Clock::time_point begin_ = Clock::now();
  double shown_at_ = 0;
  std::uint64_t shown_ = 0;
  double rate_ = 0;
  double weights_ = 0;
};

/// What a person or a selection asks of a snapshot that is not there.
std::vector<std::string> lacking(const fs::path& snapshot, const FileSelection& selection) {
  if (selection.include.empty()) {
    return missing_files(snapshot);
  }
  std::vector<std::string> lacking = selection.include;
  std::error_code error;
  for (fs::recursive_directory_iterator it(snapshot, error), end; !error && it != end;
       it.increment(error)) {
    const std::string path = it->path().lexically_relative(snapshot);
    std::erase_if(lacking, [&](const std::string& pattern) { return matches(pattern, path); });
  }
  return lacking;
}

PullReport pull_offline(const ModelId& id, const PullOptions& options, const Settings& settings) {
  require(options.licences.empty(), ErrorCode::unavailable,
          "its licence cannot be asked for while HF_HUB_OFFLINE is set");
  const ModelCache cache(settings.cache, id);
  const auto commit = cache.commit_of(id.revision);
  std::error_code ignored;
  require(commit && fs::is_directory(cache.snapshot(*commit), ignored), ErrorCode::unavailable,
          "it is not in {}, and HF_HUB_OFFLINE is set; unset it and run again",
          display_path(settings.cache));
  PullReport report{.commit = *commit, .folder = cache.snapshot(*commit)};
  const auto missing = lacking(report.folder, options.selection);
  require(missing.empty(), ErrorCode::unavailable,
          "{} lacks {}, and HF_HUB_OFFLINE is set; unset it and run again",
          display_path(report.folder), fmt::join(missing, ", "));
  for (const auto& entry : fs::recursive_directory_iterator(report.folder)) {
    if (entry.is_regular_file()) {
      report.files.push_back(
          {.path = entry.path().lexically_relative(report.folder),
           .size = entry.file_size(),
           .etag = entry.is_symlink() ? fs::read_symlink(entry.path()).filename().string() : "",
           .is_here = true});
    }
  }
  return report;
}

PullReport pull_online(const ModelId& id, const PullOptions& options, const Settings& settings) {
  const auto note = [&](const std::string& text) {
    if (options.on_note) {
      options.on_note(text);
    }
  };
  const Client client(settings, options.cancellation, options.on_note);
  ModelInfo info = fetch_model_info(client, id);
  check_licences(options.licences, info.licences);
  const auto files = wanted_files(client, id, info, options.selection);
  const ModelCache cache(settings.cache, id);

  std::uint64_t total = 0;
  for (const RemoteFile& file : files) {
    total += file.size;
  }
  const std::uint64_t to_fetch = bytes_to_fetch(cache, info.commit, files);
  const std::string licence = fmt::format("{}", fmt::join(info.licences, ", "));
  note(fmt::format("{} at {}: {} files, {}, {} to fetch; licence: {}", id.text(),
                   info.commit.substr(0, 12), files.size(), format_bytes(total),
                   format_bytes(to_fetch), licence.empty() ? "none named" : display_path(licence)));
  const std::uint64_t space = free_space(settings.cache);
  require(to_fetch == 0 || to_fetch <= space, ErrorCode::resource_exhausted,
          "{} are needed and {} are free in {}; free some space, or set HF_HOME to another disk",
          format_bytes(to_fetch), format_bytes(space), display_path(settings.cache));

  PullReport report = Download(id, options, settings, cache, info.commit, files).run();
  report.commit = info.commit;
  report.licences = info.licences;
  report.folder = cache.snapshot(info.commit);
  if (!report.cancelled) {
    cache.write_ref(id.revision, info.commit);
    report.missing = lacking(report.folder, options.selection);
  }
  return report;
}

}  // namespace

PullReport pull(const ModelId& id, const PullOptions& options) {
  require(options.workers >= 1 && options.workers <= kMaxWorkers, ErrorCode::invalid_argument,
          "workers must be from 1 to {}, got {}", kMaxWorkers, options.workers);
  const Settings settings = Settings::from_environment();
  try {
    return settings.offline ? pull_offline(id, options, settings)
                            : pull_online(id, options, settings);
  } catch (const Cancelled&) {  // before any file was begun
    PullReport report;
    report.cancelled = true;
    return report;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::invalid_argument || error.code() == ErrorCode::internal) {
      throw;
    }
    std::throw_with_nested(Error(ErrorCode::unavailable, id.text() + " was not pulled"));
  }
}

std::optional<fs::path> find_snapshot(const ModelId& id) {
  const ModelCache cache(cache_folder(), id);
  const auto commit = cache.commit_of(id.revision);
  std::error_code ignored;
  if (!commit || !fs::is_directory(cache.snapshot(*commit), ignored)) {
    return std::nullopt;
  }
  return cache.snapshot(*commit);
}

std::optional<fs::path> find_model(const std::string& folder_or_id) {
  std::error_code ignored;
  if (fs::is_directory(folder_or_id, ignored)) {
    return folder_or_id;
  }
  const bool only_a_path = folder_or_id.starts_with('/') || folder_or_id.starts_with('.');
  require(!only_a_path, ErrorCode::unavailable, "there is no folder {}",
          display_path(folder_or_id));
  return find_snapshot(parse_model_id(folder_or_id));
}

fs::path resolve_model(const std::string& folder_or_id) {
  const auto folder = find_model(folder_or_id);
  require(folder.has_value(), ErrorCode::unavailable,
          "there is no folder {0} and no such model in {1}; fetch it with: ogam models pull {0}",
          folder_or_id, display_path(cache_folder()));
  return *folder;
}

}  // namespace ogam::hub
