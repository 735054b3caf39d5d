#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/nn/activation.h"
#include "core/nn/config_reader.h"
#include "core/nn/layers.h"
#include "core/nn/mlp.h"
#include "core/tensor/checkpoint.h"
#include "encoders/image/patch_packer.h"
#include "encoders/image/qwen_patches.h"

namespace ogam {

/// The `vision_config` of a model whose tower is Qwen2.5-VL's.
struct Qwen25VlVisionConfig {
  std::int64_t depth = 0;  ///< blocks
  std::int64_t hidden_size = 0;
  std::int64_t intermediate_size = 0;
  std::int64_t num_heads = 0;
  std::int64_t in_channels = 3;
  std::int64_t patch_size = 0;           ///< pixels of a patch's side
  std::int64_t spatial_merge_size = 0;   ///< patches of a token's side
  std::int64_t temporal_patch_size = 0;  ///< frames of a patch
  std::int64_t window = 0;               ///< tokens of a window's side
  std::int64_t out_hidden_size = 0;      ///< of a token
  double rope_theta = 0;
  Activation activation = nullptr;
  std::vector<std::int64_t> fullatt_block_indexes;  ///< blocks without windows, in rising order

  /// @throws Error{corrupt_data, unsupported}.
  static Qwen25VlVisionConfig parse(const ConfigReader& config);

  /// Numbers in a patch.
  std::int64_t patch_values() const {
    return in_channels * temporal_patch_size * patch_size * patch_size;
  }
};

/// The vision tower of Qwen2.5-VL: patches as rows of a linear layer, blocks whose attention stays
/// within windows of a frame, or within the frame in a few of them, and turns by row and column,
/// and a merger that makes one token of each square of patches.
///
/// Names: those of the reference class `Qwen2_5_VisionTransformerPretrainedModel`. Source: Bai et
/// al. 2025, "Qwen2.5-VL Technical Report", section 2.1.
class Qwen25VlVision {
 public:
  Qwen25VlVision(const Qwen25VlVisionConfig& config, const WeightScope& weights);

  const Qwen25VlVisionConfig& config() const { return config_; }

  /// @param patches [N, patch_values()], ordered as qwen_patches.h says.
  /// @param grids of the pictures and videos that the patches are of, one after another.
  /// @return the tokens in the same order: [N / spatial_merge_size^2, out_hidden_size].
  /// @throws Error{invalid_argument} when the shapes do not fit.
  at::Tensor operator()(const at::Tensor& patches, std::span<const PatchGrid> grids) const;

 private:
  struct Block {
    RmsNorm norm1;
    SegmentAttention attention;
    RmsNorm norm2;
    GatedMlp mlp;
    bool sees_frame = false;
  };

  Qwen25VlVisionConfig config_;
  at::Tensor patch_weight_;  // [hidden_size, values of a patch]
  std::vector<Block> blocks_;
  RmsNorm merger_norm_;
  Mlp merger_;
  at::Tensor frequencies_;  // [hidden_size / num_heads / 4]
};

}  // namespace ogam
