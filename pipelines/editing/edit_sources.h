#pragma once

#include <vector>

#include "archive/archive.h"
#include "pipelines/editing/edit.h"

namespace ogam {

/// The moments of a search as clips, the best first. Moments of one file that touch become one
/// clip; those of pictures and texts, which have no time, are left out.
/// @param pad what is added at either end of a moment.
Edit edit_of_moments(const std::vector<Moment>& moments, Time pad);

/// Cuts an edit off so that it lasts no longer than `longest`: the clip that reaches beyond it ends
/// there, unless less than half a second of it would be left, and those behind it are left out.
void limit_duration(Edit& edit, Time longest);

/// Gives clips of indexed files what is said in them, and their ids. Files are known by their
/// paths.
/// @return the clips without a caption whose files are not in the archive.
std::vector<EditClip> add_speech(Edit& edit, const Archive& archive);

}  // namespace ogam
