#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace ogam {

/// Dot product of two vectors of one size.
double dot(std::span<const float> a, std::span<const float> b);

/// How alike the members of two groups of directions are, and those of each group among themselves.
struct GroupLikeness {
  double within = 0;  ///< mean cosine of pairs of one group, over both groups
  double across = 0;  ///< mean cosine of pairs of different groups
};

/// @return nothing known (both 0) when a group is empty or neither has a pair.
GroupLikeness compare_groups(std::span<const std::vector<float>* const> left,
                             std::span<const std::vector<float>* const> right);

/// Standard deviation of the cosines between directions, of 200 evenly chosen ones at most; at
/// least `kLeastSpread`. What is a great difference in one space is a small one in another.
double spread_of(std::span<const std::vector<float>* const> directions);

constexpr double kLeastSpread = 0.05;

}  // namespace ogam
