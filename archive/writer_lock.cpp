#include "archive/writer_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

WriterLock::WriterLock(const std::filesystem::path& folder) {
  const auto path = folder / "writer.lock";
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  require(file_ >= 0, ErrorCode::inaccessible,
          "the archive {} cannot be written: {}; check who owns the folder", display_path(folder),
          std::strerror(errno));
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    ::close(file_);
    require(error == EWOULDBLOCK, ErrorCode::inaccessible, "the archive {} cannot be locked: {}",
            display_path(folder), std::strerror(error));
    fail(ErrorCode::inaccessible,
         "another process is writing to the archive {}; searching works meanwhile, run this again "
         "when the other one is done",
         display_path(folder));
  }
}

WriterLock::~WriterLock() { ::close(file_); }

}  // namespace ogam
