#pragma once

#include <vector>

#include "core/base/time.h"
#include "pipelines/indexing.h"

namespace ogam {

/// Segments of [0, duration): the shots, those longer than `rule.length` split into equal parts; or
/// fixed windows when there are no shots or the rule says so. Ascending, without gaps, never empty.
std::vector<TimeSpan> make_segments(const std::vector<TimeSpan>& shots, Time duration,
                                    const SegmentRule& rule);

/// Index of the segment that holds `time`, or the nearest one.
std::size_t segment_at(const std::vector<TimeSpan>& segments, Time time);

/// Index of the segment that shares most of `span`; the first one of several.
std::size_t segment_of(const std::vector<TimeSpan>& segments, const TimeSpan& span);

}  // namespace ogam
