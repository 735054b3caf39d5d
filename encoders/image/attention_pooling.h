#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "core/nn/layers.h"
#include "core/nn/mlp.h"
#include "core/nn/pre_norm_layer.h"
#include "core/tensor/checkpoint.h"

namespace ogam {

/// The head of SigLIP's image towers: a learned probe attends to all patches, an MLP is added.
/// Names: `probe`, `attention.in_proj_weight`, `attention.in_proj_bias`, `attention.out_proj`,
/// `layernorm`, `mlp`. Source: SiglipMultiheadAttentionPoolingHead; Zhai et al. 2022, section 3.2.
class AttentionPooling {
 public:
  AttentionPooling(const WeightScope& weights, const PreNormConfig& config);

  /// @param x [N, T, D]; @param mask as in AttentionConfig, for one query.
  /// @return [N, D].
  at::Tensor operator()(const at::Tensor& x, const std::optional<at::Tensor>& mask = {}) const;

 private:
  std::int64_t heads_;
  at::Tensor probe_;           // [1, 1, D]
  at::Tensor in_proj_weight_;  // [3 D, D]: queries, keys, values
  at::Tensor in_proj_bias_;    // [3 D]
  Linear out_proj_;
  LayerNorm layernorm_;
  Mlp mlp_;
};

}  // namespace ogam
