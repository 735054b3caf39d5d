#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "apps/ogam/command_line.h"
#include "core/base/progress.h"

namespace ogam {

/// Shows progress on stderr: a bar that redraws itself on a terminal, a line every ten seconds
/// elsewhere, with --json a line of JSON every second, with --quiet nothing.
class ProgressBar {
 public:
  explicit ProgressBar(const CommonOptions& options);
  ~ProgressBar();

  /// Safe from any thread.
  void show(const ProgressEvent& event);

  /// Takes the bar off the screen, so that a line can be written; the next event draws it again.
  void clear();

 private:
  enum class Style { none, bar, lines, json };

  const Style style_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
};

}  // namespace ogam
