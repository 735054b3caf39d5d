#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

/// An empty folder among the system's temporary ones, removed with its content at the end of the
/// scope.
class ScratchFolder {
 public:
  /// @throws Error{resource_exhausted} when there is no room for one.
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "ogam-XXXXXX").string();
    require(::mkdtemp(name.data()) != nullptr, ErrorCode::resource_exhausted,
            "cannot make a folder under {}; set TMPDIR to one that can be written",
            display_path(std::filesystem::temp_directory_path()));
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace ogam
