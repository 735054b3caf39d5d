#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace ogam {

/// The angles by which rotary embeddings turn the channels of each token, as cosines and sines.
/// Source: Su et al. 2021, section 3.4.
struct Rotation {
  at::Tensor cos;  ///< [..., T, D / 2] float32
  at::Tensor sin;
};

/// theta^(-2 i / size) for i from 0 to size / 2 - 1: [size / 2] float32.
at::Tensor rotary_frequencies(std::int64_t size, double theta);

/// The rotation at `positions` [..., T] by `frequencies` [D / 2].
Rotation rotation_at(const at::Tensor& positions, const at::Tensor& frequencies);

/// The rotation of tokens that have positions on several axes, such as time, row and column.
/// @param positions [A, ..., T]; @param axes [D / 2] integers: the axis, from 0 to A - 1, whose
///     positions the frequency of that place follows.
Rotation rotation_at(const at::Tensor& positions, const at::Tensor& frequencies,
                     const at::Tensor& axes);

/// Turns channel pairs (i, i + D / 2): the pairing of Llama, Qwen and Gemma.
/// @param x [B, H, T, D]; `rotation` [T, D / 2], or [B, T, D / 2].
at::Tensor rotate_half(const at::Tensor& x, const Rotation& rotation);

/// Turns channel pairs (2 i, 2 i + 1): the pairing of the original paper, used by PE.
at::Tensor rotate_adjacent(const at::Tensor& x, const Rotation& rotation);

}  // namespace ogam
