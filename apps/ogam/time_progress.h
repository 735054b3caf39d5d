#pragma once

#include <chrono>
#include <filesystem>

#include "apps/ogam/progress_bar.h"

namespace ogam {

/// Tells how far the work on one file has come, by media time.
class TimeProgress {
 public:
  TimeProgress(ProgressBar& bar, const std::filesystem::path& path);

  /// @param total 0 when the duration is unknown.
  void show(Time done, Time total);

 private:
  ProgressBar& bar_;
  ProgressEvent event_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace ogam
