#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "archive/query.h"
#include "pipelines/understanding/material.h"

namespace ogam {

/// Why a moment stands out.
struct HighlightReason {
  std::string kind;  ///< "speech rate", "loudness", "novelty", "sound", or a lane's name
  double value = 0;  ///< times the usual, decibels above it, deviations, or a probability
  std::string text;  ///< for people: "speaks 1.8 times as fast as usual"
};

struct Highlight {
  TimeSpan span;
  double score = 0;  ///< 0 to 1; of a query: the calibrated probability of a match
  std::vector<HighlightReason> reasons;
};

/// How many highlights are wanted.
struct HighlightChoice {
  std::size_t most = 5;
  Time total = 0;  ///< their lengths together; 0: as they come
};

/// The segments of an asset that stand out from the others, best first: where people speak faster
/// than usual, it is louder, something new is seen, or there is laughter, applause, cheering, ...
///
/// Reasons are measured against the asset's own median and count as independent chances. Highlights
/// reach to the ends of the sentences that they cut into, and none overlaps another.
/// @param loudness of each segment in decibels, or empty.
/// @throws Error{invalid_argument} for an asset without time.
std::vector<Highlight> find_salient(const AssetMaterial& material, std::span<const double> loudness,
                                    const HighlightChoice& choice);

/// The same of moments that a search has found in the asset.
std::vector<Highlight> highlights_of_moments(const AssetMaterial& material,
                                             std::span<const Moment> moments,
                                             const HighlightChoice& choice);

}  // namespace ogam
