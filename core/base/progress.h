#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "core/base/time.h"

namespace ogam {

/// How far a job has come; sent a few times a second at most.
struct ProgressEvent {
  std::filesystem::path path;  ///< the file at work
  std::size_t files_done = 0;
  std::size_t files_total = 0;
  Time time_done = 0;            ///< media time of `path` that was read so far
  Time time_total = 0;           ///< its duration; 0 when unknown
  double realtime = 0;           ///< media seconds per second of work, over the whole job
  std::uint64_t bytes_done = 0;  ///< of all files, in jobs that move bytes
  std::uint64_t bytes_total = 0;
  double bytes_per_second = 0;
  double seconds_left = 0;  ///< estimate for the whole job; 0 when unknown
  std::string message;      ///< what is being done: "speech", "saving"
};

using ProgressCallback = std::function<void(const ProgressEvent&)>;

}  // namespace ogam
