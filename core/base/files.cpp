#include "core/base/files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "core/base/descriptor.h"
#include "core/base/error.h"
#include "core/base/partial_file.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

/// Opens a regular file for reading; `size` receives its length.
int open_regular(const fs::path& path, std::size_t& size) {
  // O_NONBLOCK: opening a named pipe must not wait for a writer.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const int error = errno;
    const bool exhausted = error == EMFILE || error == ENFILE || error == ENOMEM;
    fail(exhausted ? ErrorCode::resource_exhausted : ErrorCode::not_found, "cannot open {}: {}",
         display_path(path), std::strerror(error));
  }
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd);
    fail(ErrorCode::invalid_argument, "{} is not a regular file", display_path(path));
  }
  size = static_cast<std::size_t>(status.st_size);
  return fd;
}

/// Reads until `buffer` is full or the file ends; returns the number of bytes read.
std::size_t read_up_to(const Descriptor& file, std::span<char> buffer, const fs::path& path) {
  std::size_t done = 0;
  while (done < buffer.size()) {
    const ssize_t count = ::read(file.get(), buffer.data() + done, buffer.size() - done);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    require(count >= 0, ErrorCode::corrupt_data, "cannot read {}: {}", display_path(path),
            std::strerror(errno));
    if (count == 0) {
      break;
    }
    done += static_cast<std::size_t>(count);
  }
  return done;
}

/// Length of the valid UTF-8 sequence at the start of `text`, or 0.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || length > text.size()) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return 0;
    }
  }
  const bool overlong = (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xF0 && byte(1) < 0x90);
  const bool outside = (lead == 0xED && byte(1) > 0x9F) || (lead == 0xF4 && byte(1) > 0x8F);
  return overlong || outside ? 0 : length;
}

}  // namespace

std::string display_path(const fs::path& path) {
  const std::string_view bytes = path.native();
  std::string shown;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t length = utf8_length(bytes.substr(i));
    const auto byte = static_cast<unsigned char>(bytes[i]);
    // U+0080 to U+009F are terminal commands too.
    const bool high_control =
        byte == 0xC2 && length == 2 && static_cast<unsigned char>(bytes[i + 1]) < 0xA0;
    if (length == 0 || byte < 0x20 || byte == 0x7F || high_control) {
      shown += fmt::format("\\x{:02x}", byte);
      ++i;
    } else {
      shown += bytes.substr(i, length);
      i += length;
    }
  }
  return shown;
}

std::string read_file(const fs::path& path, std::size_t max_bytes) {
  std::size_t size = 0;
  const Descriptor file(open_regular(path, size));
  require(size <= max_bytes, ErrorCode::resource_exhausted, "{} has {} bytes; at most {} are read",
          display_path(path), size, max_bytes);
  std::string content(size, '\0');
  content.resize(read_up_to(file, content, path));
  return content;
}

void read_in_pieces(const fs::path& path,
                    const std::function<void(std::span<const std::byte>)>& take) {
  constexpr std::size_t kPiece = 1 << 20;
  std::size_t size = 0;
  const Descriptor file(open_regular(path, size));
  std::vector<char> buffer(std::min(size, kPiece));
  for (std::size_t done = 0; done < size;) {
    const std::span<char> piece(buffer.data(), std::min(size - done, kPiece));
    require(read_up_to(file, piece, path) == piece.size(), ErrorCode::corrupt_data,
            "{} became shorter while it was read; run again when nothing writes to it any more",
            display_path(path));
    take(std::as_bytes(piece));
    done += piece.size();
  }
}

void write_file_atomically(const fs::path& path, std::string_view content) {
  write_parts_atomically(path, {&content, 1});
}

void write_parts_atomically(const fs::path& path, std::span<const std::string_view> parts) {
  PartialFile file(path);
  for (const std::string_view part : parts) {
    if (const int error = write_all(file.descriptor(), part); error != 0) {
      fail_write(path, error);
    }
  }
  file.commit();
}

void sync_folder(const fs::path& folder) {
  const fs::path target = folder.empty() ? fs::path(".") : folder;
  const Descriptor file(::open(target.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems (shares, FUSE) cannot flush a folder, and say so with EINVAL.
  if (file.get() < 0 || (::fsync(file.get()) != 0 && errno != EINVAL)) {
    fail_write(target, errno);
  }
}

MappedFile::MappedFile(const fs::path& path) {
  const Descriptor file(open_regular(path, size_));
  if (size_ == 0) {
    return;
  }
  void* const address = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file.get(), 0);
  require(address != MAP_FAILED, ErrorCode::resource_exhausted, "cannot map {}: {}",
          display_path(path), std::strerror(errno));
  data_ = static_cast<const std::byte*>(address);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) {
    ::munmap(const_cast<std::byte*>(data_), size_);
  }
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

fs::path ogam_home() {
  if (const char* home = std::getenv("OGAM_HOME"); home != nullptr && *home != '\0') {
    return home;
  }
  const char* const home = std::getenv("HOME");
  require(home != nullptr && *home != '\0', ErrorCode::unavailable,
          "neither OGAM_HOME nor HOME is set; set OGAM_HOME to the folder of the model packs");
  return fs::path(home) / ".cache" / "ogam";
}

std::string format_bytes(std::uint64_t bytes) {
  constexpr std::array kUnits = {"kB", "MB", "GB", "TB"};
  if (bytes < 1000) {
    return fmt::format("{} B", bytes);
  }
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  while (value >= 999.95 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

}  // namespace ogam
