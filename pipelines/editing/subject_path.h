#pragma once

#include <vector>

#include "core/base/cancellation.h"
#include "core/media/image.h"
#include "pipelines/editing/edit_plan.h"

namespace ogam {

/// Where the part of a picture that is kept lies along the side that is too long: 0 at the left or
/// top, 1 at the right or bottom.
struct SubjectPath {
  std::vector<Time> times;     ///< ascending
  std::vector<double> places;  ///< one for each time

  /// Between times, in a straight line.
  double place_at(Time time) const;
};

/// What moves and what stands out in a row of pictures, along one side.
///
/// @param pictures of one size, in order of time.
/// @param across whether columns are weighed; else rows.
/// @return for each picture a weight for each column (or row), which add up to 1; evenly where
///     nothing moves or stands out.
std::vector<std::vector<double>> weigh_subject(const std::vector<Image>& pictures, bool across);

/// The smoothest path on which a window of `width` columns covers most weight.
/// @param weights as of `weigh_subject`.
/// @return for each picture where the window begins, in columns.
std::vector<double> follow_weight(const std::vector<std::vector<double>>& weights, int width);

/// Looks where in a clip something moves or stands out, without a model: see docs/video_editing.md.
/// @throws errors of reading, Cancelled.
SubjectPath find_subject(const PlannedClip& clip, const EditPlan& plan,
                         const CancellationToken& cancel);

}  // namespace ogam
