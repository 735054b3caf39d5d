#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>

#include "core/base/files.h"

namespace ogam {

/// The folder of an archive's vector files: appends that are durable on return, and maps for
/// reading.
class VectorStore {
 public:
  explicit VectorStore(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::filesystem::path path_of(const std::string& name) const { return folder_ / name; }

  /// Writes `bytes` at `position` of a file and makes them durable; at position 0 the file is made.
  /// @throws Error{resource_exhausted} when the disk is full, Error{inaccessible}.
  void write(const std::string& name, std::size_t position, std::span<const std::byte> bytes);

  /// Cuts a file to its first `bytes`; 0 removes it. A shorter file stays as it is.
  void cut(const std::string& name, std::size_t bytes) noexcept;

  /// The content of a file, at least `bytes` long. Earlier maps of a file that has grown since end.
  /// @throws Error{corrupt_data} when it is missing or shorter.
  std::span<const std::byte> map(const std::string& name, std::size_t bytes);

  /// Removes files that are not in `committed` and cuts the others to their committed length.
  void clean(const std::map<std::string, std::size_t>& committed) noexcept;

 private:
  std::filesystem::path folder_;
  std::map<std::string, MappedFile> maps_;
};

}  // namespace ogam
