#include "core/hub/cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>
#include <set>
#include <thread>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"

namespace ogam::hub {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxRef = 200;

std::string folder_name(const ModelId& id) {
  std::string name = id.name;
  if (const auto slash = name.find('/'); slash != std::string::npos) {
    name.replace(slash, 1, "--");
  }
  return "models--" + name;
}

bool is_file_of(const fs::path& path, std::uint64_t size) {
  std::error_code error;
  return fs::is_regular_file(path, error) && fs::file_size(path, error) == size && !error;
}

}  // namespace

void make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    fail_write(folder, error.value());
  }
}

ModelCache::ModelCache(const fs::path& cache, const ModelId& id)
    : folder_(cache / folder_name(id)), locks_(cache / ".locks" / folder_name(id)) {}

fs::path ModelCache::snapshot(const std::string& commit) const {
  return folder_ / "snapshots" / commit;
}

fs::path ModelCache::blob(const std::string& etag) const { return folder_ / "blobs" / etag; }

fs::path ModelCache::lock(const std::string& etag) const { return locks_ / (etag + ".lock"); }

std::optional<std::string> ModelCache::commit_of(const std::string& revision) const {
  if (is_commit(revision)) {
    return revision;
  }
  const fs::path ref = folder_ / "refs" / revision;
  std::error_code ignored;
  if (!fs::is_regular_file(ref, ignored)) {
    return std::nullopt;
  }
  std::string commit = read_file(ref, kMaxRef);
  commit.erase(commit.find_last_not_of(" \r\n") + 1);
  require(is_commit(commit), ErrorCode::corrupt_data,
          "{} does not hold a commit; delete it and pull the model again", display_path(ref));
  return commit;
}

bool ModelCache::has_file(const std::string& commit, const std::string& path,
                          std::uint64_t size) const {
  return is_file_of(snapshot(commit) / path, size);
}

bool ModelCache::has_blob(const std::string& etag, std::uint64_t size) const {
  return is_file_of(blob(etag), size);
}

void ModelCache::link_file(const std::string& commit, const std::string& path,
                           const std::string& etag) const {
  static std::atomic<unsigned> counter = 0;
  fs::path folder = snapshot(commit);
  make_folders(folder);
  std::string up = "../../";
  const fs::path relative(path);
  for (const fs::path& part : relative.parent_path()) {
    folder /= part;
    std::error_code ignored;
    fs::create_directory(folder, ignored);
    // A link in its place would lead out of the snapshot.
    require(fs::is_directory(fs::symlink_status(folder, ignored)), ErrorCode::inaccessible,
            "{} is in the way of a folder; delete it and run again", display_path(folder));
    up += "../";
  }
  const fs::path entry = folder / relative.filename();
  const fs::path temporary =
      folder / fmt::format(".{}-{}-{}.part", etag.substr(0, 8), ::getpid(), ++counter);
  const std::string target = up + "blobs/" + etag;
  if (::symlink(target.c_str(), temporary.c_str()) != 0) {
    fail_write(entry, errno);
  }
  if (::rename(temporary.c_str(), entry.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    fail_write(entry, error);
  }
}

void ModelCache::write_ref(const std::string& revision, const std::string& commit) const {
  if (revision == commit) {
    return;
  }
  const fs::path ref = folder_ / "refs" / revision;
  make_folders(ref.parent_path());
  write_file_atomically(ref, commit);
}

FileLock::FileLock(const fs::path& path, const CancellationToken& cancel) {
  make_folders(path.parent_path());
  file_ = Descriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0664));
  if (file_.get() < 0) {
    fail_write(path, errno);
  }
  while (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    require(errno == EWOULDBLOCK || errno == EINTR, ErrorCode::inaccessible, "cannot lock {}: {}",
            display_path(path), std::strerror(errno));
    cancel.check();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

std::vector<std::string> missing_files(const fs::path& snapshot) {
  constexpr std::string_view kIndex = ".safetensors.index.json";
  std::set<std::string> missing;
  bool has_safetensors = false;
  bool has_gguf = false;  // holds its configuration itself
  std::error_code error;
  for (fs::recursive_directory_iterator it(snapshot, error), end; !error && it != end;
       it.increment(error)) {
    const std::string path = it->path().lexically_relative(snapshot);
    std::error_code ignored;
    if (!fs::exists(it->path(), ignored)) {
      missing.insert(path);
      continue;
    }
    has_safetensors = has_safetensors || path.ends_with(".safetensors");
    has_gguf = has_gguf || path.ends_with(".gguf");
    if (path.ends_with(kIndex)) {
      const SortedJson index =
          parse_sorted_json(read_file(it->path(), 64U << 20), display_path(it->path()));
      const auto shards = json_value<std::map<std::string, std::string>>(index, "weight_map",
                                                                         display_path(it->path()));
      for (const auto& [tensor, shard] : shards) {
        const fs::path beside = it->path().parent_path() / shard;
        if (!fs::exists(beside, ignored)) {
          missing.insert(beside.lexically_relative(snapshot));
        }
      }
    }
  }
  if (!has_gguf && !fs::exists(snapshot / "config.json", error)) {
    missing.insert("config.json");
  }
  if (!has_gguf && !has_safetensors) {
    missing.insert("weights (*.safetensors or *.gguf)");
  }
  return {missing.begin(), missing.end()};
}

}  // namespace ogam::hub
