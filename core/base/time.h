#pragma once

#include <cstdint>
#include <string>

namespace ogam {

/// Microseconds from the start of an asset. Seconds (double) appear only at the edges: command,
/// JSON, Python.
using Time = std::int64_t;

constexpr Time kSecond = 1'000'000;

constexpr double to_seconds(Time time) { return static_cast<double>(time) / kSecond; }
/// The nearest microsecond; what lies beyond 9e12 seconds becomes that limit, NaN its negative, so
/// that numbers from files may come in unchecked.
constexpr Time from_seconds(double seconds) {
  constexpr double kLimit = 9e12;
  const double kept = seconds > kLimit ? kLimit : seconds > -kLimit ? seconds : -kLimit;
  return static_cast<Time>(kept * kSecond + (kept < 0 ? -0.5 : 0.5));
}

/// A half-open span [start, end) of an asset's time.
struct TimeSpan {
  Time start = 0;
  Time end = 0;

  constexpr Time duration() const { return end - start; }
  constexpr Time middle() const { return start + (end - start) / 2; }
  constexpr bool contains(Time time) const { return start <= time && time < end; }
  constexpr Time overlap(const TimeSpan& other) const {
    const Time from = start > other.start ? start : other.start;
    const Time to = end < other.end ? end : other.end;
    return to > from ? to - from : 0;
  }
  friend constexpr bool operator==(const TimeSpan&, const TimeSpan&) = default;
};

/// "0:12:34.5": hours, minutes, seconds and tenths (rounded down), as people read times.
[[gnu::visibility("default")]] std::string format_time(Time time);

/// "00:12:34,500" or "00:12:34.500": subtitle times with milliseconds (SubRip and WebVTT).
std::string format_subtitle_time(Time time, char decimal_mark);

/// Reads "75", "75.5", "1:15.5" or "0:01:15.5".
/// @throws Error{invalid_argument} for anything else.
[[gnu::visibility("default")]] Time parse_time(const std::string& text);

}  // namespace ogam
