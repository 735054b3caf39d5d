#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "core/base/progress.h"

namespace ogam {

/// Shows progress on stderr: a bar that redraws itself on a terminal, a line every ten seconds elsewhere.
class ProgressBar {
 public:
  explicit ProgressBar(bool quiet);
  ~ProgressBar();

  void show(const ProgressEvent& event);

  /// Takes the bar off the screen, so that a line can be written; the next event draws it again.
  void clear();

 private:
  const bool quiet_;
  const bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_{};
  std::mutex mutex_;
};

}  // namespace ogam
