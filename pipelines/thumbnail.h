#pragma once

#include "archive/query.h"
#include "core/media/image.h"

namespace ogam {

/// Whether a moment can be shown: those of pictures and videos.
bool has_thumbnail(const Moment& moment);

/// A moment's picture: of a video the frame that the visual lane found, else the one in the middle.
/// @param long_side what the longer side is scaled down to, in pixels.
/// @throws errors of reading the file.
Image thumbnail(const Moment& moment, int long_side);

}  // namespace ogam
