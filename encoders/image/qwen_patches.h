#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/nn/layers.h"
#include "core/nn/rope.h"
#include "core/tensor/checkpoint.h"
#include "encoders/image/patch_packer.h"

namespace ogam {

// What the vision towers of Qwen's models have in common: patches of pictures and videos one after
// another, those of a square that becomes a token next to each other, squares and patches within
// them row by row.

/// The rows and columns of a frame's patches in that order: [rows * columns] each.
struct PatchPlaces {
  at::Tensor rows;
  at::Tensor columns;
};
PatchPlaces merged_order(std::int64_t rows, std::int64_t columns, std::int64_t merge_size);

/// How patches turn by their rows and columns: each takes half of the frequencies.
/// @param frequencies [head size / 4].
Rotation patch_rotation(std::span<const PatchGrid> grids, std::int64_t merge_size,
                        const at::Tensor& frequencies);

/// How many patches each frame has, frame by frame.
std::vector<std::int64_t> frame_lengths(std::span<const PatchGrid> grids);

/// @param patches [N, values], N the patches of the grids.
/// @throws Error{invalid_argument} when they are not so, or a grid has no squares.
void require_patches(const at::Tensor& patches, std::span<const PatchGrid> grids,
                     std::int64_t merge_size, std::int64_t values);

/// Attention of a sequence's tokens within segments. Names: `qkv`, `proj`.
class SegmentAttention {
 public:
  struct Config {
    std::int64_t size = 0;   ///< D
    std::int64_t heads = 0;  ///< a divisor of D
  };
  SegmentAttention(const WeightScope& weights, const Config& config);

  /// @param x [N, D]; @param lengths of the segments one after another, N in all.
  /// @param rotation [N, D / heads / 2], of queries and keys, in float32.
  /// @return [N, D].
  at::Tensor operator()(const at::Tensor& x, const Rotation& rotation,
                        std::span<const std::int64_t> lengths) const;

 private:
  std::int64_t heads_;
  Linear qkv_;
  Linear proj_;
};

}  // namespace ogam
