#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

namespace ogam {

/// An open file of the system, closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor();
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  /// The system's number, negative when nothing is open.
  int get() const { return fd_; }

 private:
  int fd_;
};

/// Writes all of `content`; returns 0 or the system's error number.
int write_all(const Descriptor& file, std::string_view content);

/// Throws what a failed write to `path` means.
/// @param error the system's error number.
/// @throws Error{resource_exhausted} when the disk or a quota is full, else Error{inaccessible}.
[[noreturn]] void fail_write(const std::filesystem::path& path, int error);

}  // namespace ogam
