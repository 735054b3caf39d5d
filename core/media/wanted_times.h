#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "core/base/time.h"

namespace ogam {

/// Decides which frames are wanted, group of pictures by group of pictures, before anything is
/// decoded.
///
/// A group runs from one keyframe to the next. `plan` settles the wanted times that fall into it:
/// each is either replaced by the time of a keyframe within the tolerance, or stays as it is.
/// `take` then tells, as frames are decoded, which of them serve a settled time.
class WantedTimes {
 public:
  /// @param times ascending.
  /// @throws Error{invalid_argument} when they are not, or the tolerance is negative.
  WantedTimes(std::vector<Time> times, Time keyframe_tolerance);

  /// What has to be decoded of a group.
  struct Plan {
    bool keyframe = false;      ///< the keyframe is wanted
    std::optional<Time> until;  ///< frames shown up to this time are wanted
  };

  /// Settles the wanted times before `end`, or all that are left without it.
  ///
  /// @param key time of the group's keyframe.
  /// @param end where the group, or the part of it that is known, ends.
  /// @param end_is_key whether a keyframe is there.
  Plan plan(Time key, std::optional<Time> end, bool end_is_key);

  /// Whether a settled time lies in [from, to), or from `from` on without `to`.
  bool wants(Time from, std::optional<Time> to) const;

  /// Whether a settled time before `time` is still to be served.
  bool overdue(Time time) const { return !settled_.empty() && settled_.front() < time; }

  /// Whether the frame shown until `to` serves a settled time, which is then done with.
  bool take(std::optional<Time> to);

  /// Nothing is left, settled or not.
  bool done() const { return next_ == times_.size() && settled_.empty(); }

 private:
  std::vector<Time> times_;
  Time tolerance_;
  std::size_t next_ = 0;      // first time that is not settled
  std::deque<Time> settled_;  // ascending
};

}  // namespace ogam
