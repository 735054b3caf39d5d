#pragma once

#include <vector>

#include "archive/archive.h"
#include "pipelines/pack.h"

namespace ogam {

/// The lanes that an archive has vectors of, in the order of its spaces.
/// @throws Error{invalid_argument} naming both spaces when the archive was made with other models
///     than the pack's.
std::vector<Lane> lanes_of(const Archive& archive, const Pack& pack);

}  // namespace ogam
