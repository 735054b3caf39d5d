#include "pipelines/understanding/directions.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace ogam {

namespace {

using Group = std::span<const std::vector<float>* const>;

std::vector<float> sum_of(Group group) {
  std::vector<float> sum(group.front()->size(), 0.0F);
  for (const std::vector<float>* vector : group) {
    require(vector->size() == sum.size(), ErrorCode::internal,
            "vectors of one space have {} and {} values", sum.size(), vector->size());
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] += (*vector)[i];
    }
  }
  return sum;
}

/// Sum of the cosines of all ordered pairs of different members: |sum|^2 less each one's own
/// square.
double pair_sum(Group group, const std::vector<float>& sum) {
  double own = 0;
  for (const std::vector<float>* vector : group) {
    own += dot(*vector, *vector);
  }
  return dot(sum, sum) - own;
}

}  // namespace

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    sum += static_cast<double>(a[i]) * b[i];
  }
  return sum;
}

GroupLikeness compare_groups(Group left, Group right) {
  const auto pairs = [](Group group) {
    return static_cast<double>(group.size()) * (static_cast<double>(group.size()) - 1);
  };
  if (left.empty() || right.empty() || pairs(left) + pairs(right) == 0) {
    return {};
  }
  const auto left_sum = sum_of(left);
  const auto right_sum = sum_of(right);
  const auto members = static_cast<double>(left.size()) * static_cast<double>(right.size());
  return {.within = (pair_sum(left, left_sum) + pair_sum(right, right_sum)) /
                    (pairs(left) + pairs(right)),
          .across = dot(left_sum, right_sum) / members};
}

double spread_of(Group directions) {
  constexpr std::size_t kMost = 200;
  const std::size_t step = std::max<std::size_t>(1, (directions.size() + kMost - 1) / kMost);
  double sum = 0;
  double squares = 0;
  double count = 0;
  for (std::size_t i = 0; i < directions.size(); i += step) {
    for (std::size_t j = i + step; j < directions.size(); j += step) {
      const double cosine = dot(*directions[i], *directions[j]);
      sum += cosine;
      squares += cosine * cosine;
      ++count;
    }
  }
  const double mean = count > 0 ? sum / count : 0;
  const double variance = count > 0 ? std::max(0.0, squares / count - mean * mean) : 0;
  return std::max(kLeastSpread, std::sqrt(variance));
}

}  // namespace ogam
