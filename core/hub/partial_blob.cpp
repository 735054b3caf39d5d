#include "core/hub/partial_blob.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam::hub {

namespace {

constexpr std::size_t kSha256Digits = 64;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// The hash that names the blob, before the first byte: git puts "blob SIZE" and a zero in front.
MessageDigest fresh_digest(const RemoteFile& file) {
  const bool is_large = file.etag.size() == kSha256Digits;
  MessageDigest digest(is_large ? DigestKind::sha256 : DigestKind::sha1);
  if (!is_large) {
    const std::string head = fmt::format("blob {}", file.size) + '\0';
    digest.update(bytes_of(head));
  }
  return digest;
}

}  // namespace

PartialBlob::PartialBlob(std::filesystem::path blob, const RemoteFile& file,
                         const CancellationToken& cancel)
    : blob_(std::move(blob)),
      path_(blob_.native() + ".incomplete"),
      file_(file),
      descriptor_(
          ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666)),
      digest_(fresh_digest(file)) {
  struct stat status {};
  if (descriptor_.get() < 0 || ::fstat(descriptor_.get(), &status) != 0) {
    fail_write(path_, errno);
  }
  require(S_ISREG(status.st_mode), ErrorCode::inaccessible,
          "{} is not a regular file; delete it and run again", display_path(path_));
  if (static_cast<std::uint64_t>(status.st_size) > file_.size) {
    restart();
    return;
  }
  constexpr std::size_t kPiece = 1 << 20;
  std::vector<char> buffer(kPiece);
  for (;;) {
    cancel.check();
    const ssize_t count = ::read(descriptor_.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    require(count >= 0, ErrorCode::corrupt_data, "cannot read {}; delete it and run again",
            display_path(path_));
    if (count == 0) {
      return;
    }
    const std::string_view piece(buffer.data(), static_cast<std::size_t>(count));
    digest_.update(bytes_of(piece));
    size_ += piece.size();
  }
}

void PartialBlob::append(std::string_view content) {
  require(content.size() <= file_.size - size_, ErrorCode::corrupt_data,
          "{}: more than the {} bytes that were announced were sent", display_path(file_.path),
          file_.size);
  if (const int error = write_all(descriptor_, content); error != 0) {
    fail_write(path_, error);
  }
  digest_.update(bytes_of(content));
  size_ += content.size();
}

void PartialBlob::restart() {
  if (::ftruncate(descriptor_.get(), 0) != 0 || ::lseek(descriptor_.get(), 0, SEEK_SET) != 0) {
    fail_write(path_, errno);
  }
  digest_ = fresh_digest(file_);
  size_ = 0;
}

bool PartialBlob::matches() { return digest_.finish() == file_.etag; }

void PartialBlob::finish() {
  if (::fsync(descriptor_.get()) != 0 || ::rename(path_.c_str(), blob_.c_str()) != 0) {
    fail_write(blob_, errno);
  }
  sync_folder(blob_.parent_path());
}

void PartialBlob::remove() { ::unlink(path_.c_str()); }

}  // namespace ogam::hub
