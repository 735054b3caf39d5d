#pragma once

#include <filesystem>

namespace ogam {

/// The right to write an archive, held by one process at a time and given back by the system when
/// that process ends, however it ends.
class WriterLock {
 public:
  /// @throws Error{inaccessible} when another process is writing or the folder cannot be written.
  explicit WriterLock(const std::filesystem::path& folder);
  ~WriterLock();
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

 private:
  int file_;
};

}  // namespace ogam
