#include "core/base/descriptor.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

Descriptor::~Descriptor() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

int write_all(const Descriptor& file, std::string_view content) {
  while (!content.empty()) {
    const ssize_t count = ::write(file.get(), content.data(), content.size());
    if (count >= 0) {
      content.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

void fail_write(const std::filesystem::path& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  fail(full ? ErrorCode::resource_exhausted : ErrorCode::inaccessible, "cannot write {}: {}; {}",
       display_path(path), std::strerror(error),
       full ? "free some space and run again"
            : "check that the folder exists and may be written to");
}

}  // namespace ogam
