#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "archive/snapshot.h"

namespace ogam {

/// How a space's raw scores lie when nothing matches.
struct Background {
  double mean = 0.1;
  double deviation = 0.1;
};

/// The background queries of a space, [n, dimension] end to end; empty when there are none.
std::vector<float> read_background_queries(const Database& database, const SpaceRow& space);

/// Replaces them and forgets what was measured with others.
void write_background_queries(const Database& database, const SpaceRow& space,
                              const std::vector<float>& queries);

/// What was measured at this very generation, if anything.
std::optional<Background> read_background(const Database& database, const SpaceRow& space,
                                          std::int64_t generation);
void write_background(const Database& database, const SpaceRow& space, std::int64_t generation,
                      const Background& background);

/// Measures the background of a space: see docs/calibration.md.
///
/// @param all_queries [n, dimension] vectors that match nothing in particular; those of length 0
///     are left out. With none left, the prior is the answer.
Background measure_background(const SpaceContent& content, const std::vector<float>& all_queries);

/// Measures how vectors of different assets score against one another, for queries that are of the
/// kind of the content: a picture among pictures. See docs/calibration.md.
///
/// @return the prior where there are fewer than two assets. However alike the content is, equal
///     vectors lie kIdentityDeviations above the mean at least.
Background measure_own_background(const SpaceContent& content);

constexpr double kIdentityDeviations = 6;

}  // namespace ogam
