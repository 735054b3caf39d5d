#pragma once

#include <cstdint>

#include "core/base/time.h"

namespace ogam {

/// Frames a second, as an exact fraction: 30000/1001 is what people call 29.97.
struct FrameRate {
  int num = 25;
  int den = 1;

  double value() const { return static_cast<double>(num) / den; }
  /// When frame `number` is shown; frame 0 at 0.
  Time time_of(std::int64_t number) const {
    return from_seconds(static_cast<double>(number) * den / num);
  }
  /// The number of frames that come nearest to a duration.
  std::int64_t frames_in(Time duration) const {
    const double frames = to_seconds(duration) * num / den;
    return static_cast<std::int64_t>(frames < 0 ? frames - 0.5 : frames + 0.5);
  }
  friend bool operator==(const FrameRate&, const FrameRate&) = default;
};

/// The rate that a video of about so many frames a second is written with: one of those that
/// players know, the same where it is one already, else the next higher; at most 60.
/// @param fps what the container claims; 25 where it claims nothing.
FrameRate usual_rate(double fps);

}  // namespace ogam
