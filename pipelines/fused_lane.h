#pragma once

#include <string>
#include <vector>

#include "archive/archive.h"
#include "pipelines/pack.h"

namespace ogam {

/// Adds the vectors of a lane that fusion makes of others: one for each segment in which any of its
/// towers saw something, at the segment's middle.
void add_fused_vectors(const Pack& pack, const PackLane& lane, AssetRecord& record);

/// Texts in the space of such a lane.
/// @param tower_vectors by tower, as PackFusion lists them: a vector for each text, or nothing
/// where
///     texts have no route into the tower's space.
/// @return a vector for each text.
std::vector<std::vector<float>> fuse_queries(
    const Pack& pack, const PackLane& lane,
    const std::vector<std::vector<std::vector<float>>>& tower_vectors);

}  // namespace ogam
