#pragma once

#include <vector>

#include "core/base/timed_text.h"
#include "pipelines/editing/edit_plan.h"

namespace ogam {

/// The subtitles of an edit by the new video's time: of each clip its caption, or what is said in
/// it; divided so that they can be read, in order, without overlaps.
std::vector<TimedText> edit_subtitles(const EditPlan& plan);

}  // namespace ogam
