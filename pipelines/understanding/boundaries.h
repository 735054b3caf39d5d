#pragma once

#include <vector>

#include "core/base/time.h"
#include "pipelines/understanding/material.h"

namespace ogam {

/// Why something new may begin at a time, each from 0 to 1.
struct Boundary {
  Time time = 0;
  double pictures = 0;  ///< how different it looks before and behind
  double speech = 0;    ///< how different is what is said
  double sounds = 0;    ///< how different it sounds
  double pause = 0;     ///< how long nobody speaks
  double title = 0;     ///< whether new words stand on screen

  /// These together, as independent chances; see the weights in boundaries.cpp.
  double score() const;
};

/// Where something new may begin: where segments and sentences do, without the asset's beginning.
/// Ascending. Within a sentence only what is seen counts.
///
/// What lies `window` before a place is compared with what lies as long behind it, as text tiling
/// does: how much less alike the two are than each is within itself, over the deviation of all
/// likenesses of that lane. Source: Hearst 1997, with vectors in place of words.
std::vector<Boundary> find_boundaries(const AssetMaterial& material, Time window);

/// What lengths are wanted.
struct ChapterLengths {
  Time min = 0;
  Time max = 0;
};

/// The boundaries of the best division: the sum of what each boundary scores above
/// `kBoundaryThreshold` is the greatest that keeps every part as long as `lengths.min`; parts
/// longer than `lengths.max` cost something.
std::vector<Boundary> choose_boundaries(const std::vector<Boundary>& candidates, Time duration,
                                        const ChapterLengths& lengths);

constexpr double kBoundaryThreshold = 0.6;

}  // namespace ogam
