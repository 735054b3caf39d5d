#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace ogam {

/// The path as a person may read it: valid UTF-8, with control characters (those above U+0080 too)
/// and broken bytes escaped as \xNN.
std::string display_path(const std::filesystem::path& path);

/// The content of a regular file of at most `max_bytes`.
/// @throws Error{not_found} when it cannot be opened, Error{invalid_argument} when it is not a
///     regular file, Error{resource_exhausted} when it is larger, Error{corrupt_data} when the
///     device fails.
std::string read_file(const std::filesystem::path& path, std::size_t max_bytes);

/// Calls `take` with the content of a regular file, in order, at most 1 MiB at a time. The file is
/// read, not mapped: one that is cut short meanwhile is an error and not the end of the process.
/// @throws Error{not_found, invalid_argument, corrupt_data} as read_file does, Error{corrupt_data}
///     when the file has become shorter, and what `take` throws.
void read_in_pieces(const std::filesystem::path& path,
                    const std::function<void(std::span<const std::byte>)>& take);

/// Writes a file so that a reader sees the old content or the new one, never a part: temporary file
/// in the same folder, fsync, rename, fsync of the folder.
/// @throws Error{resource_exhausted} when the disk is full, Error{inaccessible} when it cannot be
///     written.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// The same for content that lies in several places, which are written one after another.
void write_parts_atomically(const std::filesystem::path& path,
                            std::span<const std::string_view> parts);

/// Makes the folder's entries durable, where the file system can.
/// @throws Error{inaccessible, resource_exhausted}.
void sync_folder(const std::filesystem::path& folder);

/// A whole file mapped read-only into memory; empty files map to an empty span. For files that
/// nobody else cuts short: touching what is no longer there ends the process.
class MappedFile {
 public:
  /// @throws Error{not_found, invalid_argument}.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;

  std::span<const std::byte> bytes() const { return {data_, size_}; }

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

/// `OGAM_HOME`, or `~/.cache/ogam`.
std::filesystem::path ogam_home();

/// "812 B", "5.2 kB", "145.1 MB": with a thousand bytes to the kilobyte, as file managers count.
[[gnu::visibility("default")]] std::string format_bytes(std::uint64_t bytes);

}  // namespace ogam
