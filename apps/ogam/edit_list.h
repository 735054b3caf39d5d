#pragma once

#include <filesystem>
#include <string>

#include "core/base/time.h"

namespace ogam {

/// A CMX 3600 edit decision list: spans of files, one after another, at 25 frames a second.
class EditList {
 public:
  explicit EditList(const std::string& title);
  void add(const std::filesystem::path& path, const TimeSpan& span);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  int events_ = 0;
  Time at_ = 0;
};

}  // namespace ogam
