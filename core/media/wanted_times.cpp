#include "core/media/wanted_times.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/base/error.h"

namespace ogam {

WantedTimes::WantedTimes(std::vector<Time> times, Time keyframe_tolerance)
    : times_(std::move(times)), tolerance_(keyframe_tolerance) {
  require(std::is_sorted(times_.begin(), times_.end()), ErrorCode::invalid_argument,
          "the wanted times must ascend");
  require(tolerance_ >= 0, ErrorCode::invalid_argument,
          "the keyframe tolerance must not be negative, got {} us", tolerance_);
}

WantedTimes::Plan WantedTimes::plan(Time key, std::optional<Time> end, bool end_is_key) {
  Plan plan;
  for (; next_ < times_.size() && (!end || times_[next_] < *end); ++next_) {
    const Time time = times_[next_];
    const Time to_key = std::abs(time - key);
    const bool near_key = to_key <= tolerance_;
    const bool near_end = end && end_is_key && *end - time <= tolerance_;
    if (near_end && (!near_key || *end - time < to_key)) {
      settled_.push_back(*end);
    } else if (near_key || time < key) {
      settled_.push_back(key);
    } else {
      settled_.push_back(time);
      plan.until = time;
    }
  }
  // A time before this group may have been moved to its keyframe, too.
  plan.keyframe = wants(key, key + 1);
  return plan;
}

bool WantedTimes::wants(Time from, std::optional<Time> to) const {
  const auto first = std::lower_bound(settled_.begin(), settled_.end(), from);
  return first != settled_.end() && (!to || *first < *to);
}

bool WantedTimes::take(std::optional<Time> to) {
  bool taken = false;
  while (!settled_.empty() && (!to || settled_.front() < *to)) {
    settled_.pop_front();
    taken = true;
  }
  return taken;
}

}  // namespace ogam
