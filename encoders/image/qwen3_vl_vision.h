#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/nn/layers.h"
#include "core/nn/mlp.h"
#include "core/nn/qwen3_vl_config.h"
#include "core/tensor/checkpoint.h"
#include "encoders/image/patch_packer.h"
#include "encoders/image/qwen_patches.h"

namespace ogam {

/// What the tower sees: tokens [V, out_hidden_size], and as many features for each of the language
/// model's first layers (DeepStack).
struct VisualTokens {
  at::Tensor tokens;
  std::vector<at::Tensor> deepstack;
};

/// The vision tower of Qwen3-VL: patches as rows of a linear layer, a square table of positions
/// stretched to the picture, blocks whose attention stays within a frame and turns by row and
/// column, and mergers that make one token of each square of patches.
///
/// Names: those of the reference class `Qwen3VLVisionModel`. Source: Bai et al. 2025, "Qwen3-VL
/// Technical Report", section 2; DeepStack: Meng et al. 2024.
class Qwen3VlVision {
 public:
  Qwen3VlVision(const Qwen3VlVisionConfig& config, const WeightScope& weights);

  const Qwen3VlVisionConfig& config() const { return config_; }

  /// @param patches [N, channels * temporal_patch_size * patch_size^2], ordered channel, time, row,
  ///     column within a patch; the patches frame by frame, those of a square that becomes a token
  ///     next to each other, squares and patches within them row by row.
  /// @param grids of the pictures and videos that the patches are of, one after another.
  /// @return the tokens in the same order, V = N / spatial_merge_size^2.
  /// @throws Error{invalid_argument} when the shapes do not fit.
  VisualTokens operator()(const at::Tensor& patches, std::span<const PatchGrid> grids) const;

 private:
  struct Block {
    LayerNorm norm1;
    SegmentAttention attention;
    LayerNorm norm2;
    Mlp mlp;
  };
  /// Squares of patches as tokens; the norm comes before they are put together, or after.
  struct Merger {
    std::int64_t joined = 0;  // hidden_size * spatial_merge_size^2
    bool norm_joined = false;
    LayerNorm norm;
    Mlp mlp;

    Merger(const WeightScope& weights, const Qwen3VlVisionConfig& config, bool norm_joined);
    at::Tensor operator()(const at::Tensor& x) const;
  };

  at::Tensor positions(const PatchGrid& grid) const;

  Qwen3VlVisionConfig config_;
  at::Tensor patch_weight_;  // [hidden_size, values of a patch]
  at::Tensor patch_bias_;    // [hidden_size]
  Embedding pos_embed_;
  std::vector<Block> blocks_;
  Merger merger_;
  std::vector<Merger> deepstack_mergers_;
  at::Tensor frequencies_;  // [hidden_size / num_heads / 4]
};

}  // namespace ogam
