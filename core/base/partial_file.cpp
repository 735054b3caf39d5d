#include "core/base/partial_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <utility>

#include "core/base/files.h"

namespace ogam {

namespace {

/// Of its own name in every call: threads may write the same file at once.
std::filesystem::path partial_name(const std::filesystem::path& target) {
  static std::atomic<unsigned> counter = 0;
  return target.native() + fmt::format(".{}-{}.part", ::getpid(), ++counter);
}

}  // namespace

PartialFile::PartialFile(std::filesystem::path target)
    : target_(std::move(target)),
      path_(partial_name(target_)),
      file_(::open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
  if (file_.get() < 0) {
    fail_write(target_, errno);
  }
}

PartialFile::~PartialFile() {
  if (!committed_) {
    ::unlink(path_.c_str());
  }
}

void PartialFile::commit() {
  if (::fsync(file_.get()) != 0 || ::rename(path_.c_str(), target_.c_str()) != 0) {
    fail_write(target_, errno);
  }
  committed_ = true;
  sync_folder(target_.parent_path());
}

}  // namespace ogam
