#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/base/time.h"

namespace ogam {

/// A CMX 3600 edit decision list: spans of files, one after another, at 25 frames a second. An
/// event is as long in the list as in its file, to the frame, and one frame at least.
class EditList {
 public:
  explicit EditList(const std::string& title);
  void add(const std::filesystem::path& path, const TimeSpan& span);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  int events_ = 0;
  std::int64_t at_ = 0;  // frames so far
};

}  // namespace ogam
