#include "pipelines/pack_files.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <system_error>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/hub/file_selection.h"
#include "core/tensor/model_files.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMostFiles = 2000;  // of a model; more is some other folder
constexpr int kDeepest = 4;
constexpr std::chrono::milliseconds kProgressPause(100);

/// Throws what a failed call of the file system means.
void check(const std::error_code& error, const char* what, const fs::path& path) {
  require(!error,
          error == std::errc::no_space_on_device ? ErrorCode::resource_exhausted
                                                 : ErrorCode::inaccessible,
          "cannot {} {}: {}", what, display_path(path), error.message());
}

void copy(const fs::path& from, const fs::path& to, const CancellationToken& cancellation) {
  std::ofstream out(to, std::ios::binary);
  read_in_pieces(from, [&](std::span<const std::byte> piece) {
    cancellation.check();
    out.write(reinterpret_cast<const char*>(piece.data()),
              static_cast<std::streamsize>(piece.size()));
    require(out.good(), ErrorCode::resource_exhausted,
            "cannot write {}; free some space, or look at who owns the folder", display_path(to));
  });
  out.close();
  require(out.good(), ErrorCode::resource_exhausted, "cannot write {}; free some space",
          display_path(to));
}

}  // namespace

PackFolder::PackFolder(const fs::path& target) : target_(target) {
  std::error_code error;
  fs::create_directories(target.parent_path(), error);
  check(error, "make", target.parent_path());
  const std::string hidden = fmt::format(".{}.XXXXXX", target.filename().string());
  std::string name = (target.parent_path() / hidden).string();
  if (::mkdtemp(name.data()) == nullptr) {
    check(std::error_code(errno, std::generic_category()), "make", name);
  }
  path_ = name;
}

PackFolder::~PackFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void PackFolder::bring(const fs::path& file, const fs::path& to,
                       const CancellationToken& cancellation) const {
  const fs::path place = path_ / to;
  std::error_code error;
  fs::create_directories(place.parent_path(), error);
  check(error, "make", place.parent_path());
  const fs::path real = fs::canonical(file, error);  // a hub's cache holds links to its blobs
  require(!error, ErrorCode::not_found, "{} is not there: {}", display_path(file), error.message());
  fs::create_hard_link(real, place, error);
  if (error) {
    copy(real, place, cancellation);
  }
}

void PackFolder::publish(bool replace) {
  std::error_code error;
  fs::permissions(path_,
                  fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec |
                      fs::perms::others_read | fs::perms::others_exec,
                  error);
  sync_folder(path_);
  if (!replace || !fs::exists(target_, error)) {
    fs::rename(path_, target_, error);
    check(error, "make", target_);
    path_.clear();
    return;
  }
  const fs::path old = path_.native() + ".old";
  fs::rename(target_, old, error);
  check(error, "move", target_);
  fs::rename(path_, target_, error);
  if (error) {
    std::error_code ignored;
    fs::rename(old, target_, ignored);
    check(error, "make", target_);
  }
  path_ = old;  // which goes with this object
}

std::vector<fs::path> model_files(const fs::path& folder) {
  std::error_code error;
  require(fs::is_regular_file(folder / "config.json", error), ErrorCode::invalid_argument,
          "{} is not the folder of a model: there is no config.json in it", display_path(folder));
  const hub::FileSelection selection;
  std::vector<fs::path> files;
  for (const fs::path& weights : other_weight_files(folder)) {
    files.push_back(weights.filename());
  }
  std::size_t seen = 0;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    require(++seen <= kMostFiles, ErrorCode::invalid_argument,
            "{} holds more than {} files; name the folder of the model alone", display_path(folder),
            kMostFiles);
    const bool hidden = entry->path().filename().native().starts_with('.');
    if (hidden || entry.depth() >= kDeepest) {
      entry.disable_recursion_pending();
    }
    std::error_code ignored;
    const fs::path path = entry->path().lexically_relative(folder);
    if (!hidden && entry->is_regular_file(ignored) && selection.wants(path.string())) {
      files.push_back(path);
    }
  }
  check(error, "read", folder);
  std::sort(files.begin(), files.end());
  return files;
}

void hash_files(const fs::path& folder, const std::vector<PackFile*>& files,
                const ProgressCallback& on_progress, const CancellationToken& cancellation) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  auto last = start;
  ProgressEvent event;
  event.files_total = files.size();
  event.message = "hashing";
  for (PackFile* const file : files) {
    std::error_code error;
    file->size = fs::file_size(folder / file->path, error);
    check(error, "read", folder / file->path);
    event.bytes_total += file->size;
  }
  for (PackFile* const file : files) {
    event.path = file->path;
    MessageDigest digest(DigestKind::sha256);
    std::uint64_t bytes = 0;
    read_in_pieces(folder / file->path, [&](std::span<const std::byte> piece) {
      cancellation.check();
      digest.update(piece);
      bytes += piece.size();
      event.bytes_done += piece.size();
      const auto now = Clock::now();
      if (on_progress && now - last > kProgressPause) {
        last = now;
        const double seconds = std::chrono::duration<double>(now - start).count();
        event.bytes_per_second = static_cast<double>(event.bytes_done) / seconds;
        event.seconds_left =
            static_cast<double>(event.bytes_total - event.bytes_done) / event.bytes_per_second;
        on_progress(event);
      }
    });
    require(bytes == file->size, ErrorCode::corrupt_data, "{} changed while it was read",
            display_path(folder / file->path));
    file->sha256 = digest.finish();
    ++event.files_done;
  }
}

}  // namespace ogam
