#include "apps/ogam/output_path.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

void check_out(const std::filesystem::path& out) {
  const std::filesystem::path folder = out.has_parent_path() ? out.parent_path() : ".";
  const int problem = ::access(folder.c_str(), W_OK | X_OK) == 0 ? 0 : errno;
  require(problem == 0, ErrorCode::invalid_argument,
          "cannot write {}: {}; check that the folder exists and may be written to",
          display_path(out), std::strerror(problem));
  require(!std::filesystem::is_directory(out), ErrorCode::invalid_argument,
          "cannot write {}: it is a folder", display_path(out));
}

}  // namespace ogam
