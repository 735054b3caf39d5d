#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/nn/config_reader.h"
#include "core/nn/layers.h"
#include "core/nn/mlp.h"
#include "core/nn/rope.h"

namespace ogam {

/// What a Hugging Face `TimmWrapperConfig` of a `vit_pe_core_*` architecture says, with what the
/// architecture's name stands for.
struct PeCoreConfig {
  std::int64_t img_size = 0;    ///< rows and columns of a picture
  std::int64_t patch_size = 0;  ///< a divisor of img_size
  std::int64_t embed_dim = 0;
  std::int64_t depth = 0;
  std::int64_t num_heads = 0;
  std::int64_t ref_feat_shape = 0;  ///< the grid in whose units rotary positions are counted
  std::int64_t num_classes = 0;     ///< size of the output

  std::int64_t grid() const { return img_size / patch_size; }

  /// @throws Error{unsupported} for another architecture or an argument that is not implemented,
  ///     Error{corrupt_data} when a value is absurd or does not fit the others.
  static PeCoreConfig parse(const ConfigReader& config);
};

/// The Perception Encoder's vision transformer, as timm has it: a class token, learned positions
/// and rotary ones in two dimensions, pre-norm layers, and a pool in which one learned query
/// attends to all tokens.
///
/// Names as in timm's `Eva`. Source: Bolya et al. 2025 (Perception Encoder), section 2; timm's
/// `vit_pe_core_large_patch14_336`, with which real checkpoints were made.
class PeCoreVision {
 public:
  PeCoreVision(const WeightScope& weights, const PeCoreConfig& config);

  /// @param pixels [N, 3, img_size, img_size] floating point, -1 to 1.
  /// @return [N, num_classes] in the precision of the weights, not normalised.
  /// @throws Error{invalid_argument} when `pixels` has another shape.
  at::Tensor forward(const at::Tensor& pixels) const;

  const PeCoreConfig& config() const { return config_; }

 private:
  struct Block {
    Block(const WeightScope& weights, const PeCoreConfig& config);
    at::Tensor operator()(const at::Tensor& x, const Rotation& rotation) const;

    std::int64_t heads;
    LayerNorm norm1;
    Linear qkv;
    Linear proj;
    LayerNorm norm2;
    Mlp mlp;
  };
  struct Pool {
    Pool(const WeightScope& weights, const PeCoreConfig& config);
    /// @param x [N, T, D]. @return [N, D].
    at::Tensor operator()(const at::Tensor& x) const;

    at::Tensor latent;  // [1, 1, D]
    Linear q;
    Linear kv;
    Linear proj;
    LayerNorm norm;
    Mlp mlp;
  };

  /// Of the class token, which is not turned, and of the patches row by row.
  Rotation rotation() const;

  PeCoreConfig config_;
  at::ScalarType precision_;
  Conv patch_embed_;
  at::Tensor cls_token_;  // [1, 1, D]
  at::Tensor pos_embed_;  // [1, 1 + grid^2, D]
  LayerNorm norm_pre_;
  std::vector<Block> blocks_;
  LayerNorm norm_;
  Pool pool_;
  Linear head_;
};

}  // namespace ogam
