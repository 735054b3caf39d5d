#include "archive/vector_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "core/base/error.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

[[noreturn]] void fail_write(const fs::path& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  fail(full ? ErrorCode::resource_exhausted : ErrorCode::inaccessible, "cannot write {}: {}; {}",
       display_path(path), std::strerror(error),
       full ? "free some space and run again" : "check that the archive may be written to");
}

}  // namespace

void VectorStore::write(const std::string& name, std::size_t position,
                        std::span<const std::byte> bytes) {
  const fs::path path = path_of(name);
  const int create = position == 0 ? O_CREAT | O_TRUNC : 0;
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOFOLLOW | create, 0644));
  if (file.get() < 0) {
    fail_write(path, errno);
  }
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::pwrite(file.get(), bytes.data() + done, bytes.size() - done,
                                   static_cast<off_t>(position + done));
    if (count >= 0) {
      done += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      fail_write(path, errno);
    }
  }
  if (::fsync(file.get()) != 0) {
    fail_write(path, errno);
  }
  if (position == 0) {
    sync_folder(folder_);
  }
}

void VectorStore::cut(const std::string& name, std::size_t bytes) noexcept {
  std::error_code ignored;  // what cannot be cut now is cut when the archive is next written to
  const fs::path path = path_of(name);
  if (bytes == 0) {
    maps_.erase(name);
    fs::remove(path, ignored);
  } else if (fs::file_size(path, ignored) > bytes && !ignored) {
    fs::resize_file(path, bytes, ignored);
  }
}

std::span<const std::byte> VectorStore::map(const std::string& name, std::size_t bytes) {
  auto found = maps_.find(name);
  if (found == maps_.end() || found->second.bytes().size() < bytes) {
    const fs::path path = path_of(name);
    require(fs::is_regular_file(path), ErrorCode::corrupt_data,
            "{} is missing; index its assets again", display_path(path));
    MappedFile file(path);
    require(file.bytes().size() >= bytes, ErrorCode::corrupt_data,
            "{} is damaged: it has {} bytes, {} were written; index its assets again",
            display_path(path), file.bytes().size(), bytes);
    found = maps_.insert_or_assign(name, std::move(file)).first;
  }
  return found->second.bytes();
}

void VectorStore::clean(const std::map<std::string, std::size_t>& committed) noexcept {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator entry(folder_, error), end; !error && entry != end;
       entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  for (const std::string& name : names) {
    const auto found = committed.find(name);
    if (found != committed.end()) {
      cut(name, found->second);
    } else if (name.ends_with(".ogv")) {
      cut(name, 0);
    }
  }
}

}  // namespace ogam
