#pragma once

#include <filesystem>

#include "core/base/descriptor.h"

namespace ogam {

/// A file that is written under a name of its own, in the folder of the file that it is to become.
/// Whoever looks sees the old content or the whole new one, and nothing stays of what was not
/// finished.
class PartialFile {
 public:
  /// @throws Error{resource_exhausted, inaccessible} when it cannot be made; the message names
  ///     `target`.
  explicit PartialFile(std::filesystem::path target);
  ~PartialFile();
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  const std::filesystem::path& target() const { return target_; }
  const std::filesystem::path& path() const { return path_; }  ///< until `commit`
  const Descriptor& descriptor() const { return file_; }       ///< for reading and writing

  /// Makes the content durable and gives it the name of the target, in whose place it then is.
  /// @throws Error{resource_exhausted, inaccessible} naming the target.
  void commit();

 private:
  std::filesystem::path target_;
  std::filesystem::path path_;
  Descriptor file_;
  bool committed_ = false;
};

}  // namespace ogam
