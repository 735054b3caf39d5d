#include "core/nn/rope.h"

#include <ATen/ATen.h>

namespace ogam {

namespace {

/// Room for the heads where the rotation differs between items of the batch.
at::Tensor for_every_head(const at::Tensor& angles) {
  return angles.dim() == 3 ? angles.unsqueeze(1) : angles;
}

}  // namespace

at::Tensor rotary_frequencies(std::int64_t size, double theta) {
  const auto exponents = at::arange(0, size, 2, at::kFloat) / static_cast<double>(size);
  return 1.0 / at::pow(theta, exponents);
}

Rotation rotation_at(const at::Tensor& positions, const at::Tensor& frequencies) {
  const auto angles = positions.to(at::kFloat).unsqueeze(-1) * frequencies;
  return {angles.cos(), angles.sin()};
}

Rotation rotation_at(const at::Tensor& positions, const at::Tensor& frequencies,
                     const at::Tensor& axes) {
  const auto followed = positions.to(at::kFloat).index_select(0, axes).movedim(0, -1);
  const auto angles = followed * frequencies;  // [..., T, D / 2]
  return {angles.cos(), angles.sin()};
}

at::Tensor rotate_half(const at::Tensor& x, const Rotation& rotation) {
  const auto cos = for_every_head(rotation.cos).to(x.scalar_type());
  const auto sin = for_every_head(rotation.sin).to(x.scalar_type());
  const auto halves = x.chunk(2, -1);
  return at::cat({halves[0] * cos - halves[1] * sin, halves[1] * cos + halves[0] * sin}, -1);
}

at::Tensor rotate_adjacent(const at::Tensor& x, const Rotation& rotation) {
  const auto cos = for_every_head(rotation.cos).to(x.scalar_type());
  const auto sin = for_every_head(rotation.sin).to(x.scalar_type());
  const auto even = x.slice(-1, 0, std::nullopt, 2);
  const auto odd = x.slice(-1, 1, std::nullopt, 2);
  return at::stack({even * cos - odd * sin, odd * cos + even * sin}, -1).flatten(-2);
}

}  // namespace ogam
