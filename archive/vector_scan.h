#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "archive/snapshot.h"

namespace ogam {

/// scores[i] = dot(values[i], query): `values` is [scores.size(), query.size()].
///
/// Picks AVX-512, AVX2 or plain code by what the processor has; sums are in float32, in an order
/// that differs between them (relative difference about 1e-6).
void dot_products(std::span<const float> values, std::span<const float> query,
                  std::span<float> scores);

/// Whether every value is finite and below a million in size, so that no dot product of two such
/// vectors overflows.
bool are_usable(std::span<const float> values);

/// The best vector of a segment for one query.
struct SegmentHit {
  float score = 0;
  std::uint32_t block = kNone;  ///< index into SpaceContent::blocks
  std::uint32_t row = 0;        ///< in that block

  static constexpr std::uint32_t kNone = 0xFFFFFFFF;
  bool found() const { return block != kNone; }
};

/// Scores every vector of a space and keeps the best of each segment; of equals the first one.
///
/// @param allowed one flag for each of the snapshot's assets.
/// @return one hit for each of the snapshot's segments.
/// @throws Error{corrupt_data} naming the file when a vector is not finite or its segment is not
///     one of its asset.
std::vector<SegmentHit> scan_space(const Snapshot& snapshot, const SpaceContent& content,
                                   std::span<const float> query, const std::vector<bool>& allowed);

}  // namespace ogam
