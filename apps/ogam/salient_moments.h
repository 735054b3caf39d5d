#pragma once

#include <vector>

#include "apps/ogam/command_line.h"
#include "pipelines/understanding/highlights.h"

namespace ogam {

/// What stands out in an asset, best first; the file's sound is listened to, with progress, and
/// when it is no longer there that is said and it is done without.
/// @throws Error{invalid_argument} for an asset without time; Cancelled.
std::vector<Highlight> salient_moments(const CommonOptions& common, const AssetMaterial& material,
                                       const HighlightChoice& choice);

}  // namespace ogam
