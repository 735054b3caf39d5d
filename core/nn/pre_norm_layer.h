#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "core/nn/activation.h"
#include "core/nn/attention.h"
#include "core/nn/config_reader.h"
#include "core/nn/layers.h"
#include "core/nn/mlp.h"

namespace ogam {

/// The sizes of a stack of pre-norm layers, named in config.json as CLIP and SigLIP name them.
struct PreNormConfig {
  std::int64_t hidden_size = 0;
  std::int64_t intermediate_size = 0;
  std::int64_t num_hidden_layers = 0;
  std::int64_t num_attention_heads = 0;
  double layer_norm_eps = 0;
  Activation hidden_act = nullptr;

  /// What a configuration class takes for a key that is left out.
  struct Defaults {
    std::int64_t hidden_size = 0;
    std::int64_t intermediate_size = 0;
    std::int64_t num_hidden_layers = 12;
    std::int64_t num_attention_heads = 0;
    double layer_norm_eps = 0;
    const char* hidden_act = "";
  };

  /// @throws Error{corrupt_data} when a value is out of range or the heads do not divide the size,
  ///     Error{unsupported} for an unknown activation.
  static PreNormConfig parse(const ConfigReader& reader, const Defaults& defaults);
};

/// A transformer layer that normalises what goes into attention and into the MLP, and adds what
/// comes out. Names: `layer_norm1`, `self_attn`, `layer_norm2`, `mlp`.
/// Source: CLIPEncoderLayer and SiglipEncoderLayer; Xiong et al. 2020, figure 1 (b).
class PreNormLayer {
 public:
  PreNormLayer(const WeightScope& weights, const PreNormConfig& config);

  /// @param x [B, T, D]; @param mask as in AttentionConfig.
  at::Tensor operator()(const at::Tensor& x, const std::optional<at::Tensor>& mask) const;

 private:
  LayerNorm layer_norm1_;
  MultiHeadAttention self_attn_;
  LayerNorm layer_norm2_;
  Mlp mlp_;
};

/// Pre-norm layers one after the other. Names: `layers.0`, `layers.1`, ...
/// Source: CLIPEncoder and SiglipEncoder.
class PreNormEncoder {
 public:
  PreNormEncoder(const WeightScope& weights, const PreNormConfig& config);

  /// @param x [B, T, D]; @param mask as in AttentionConfig.
  at::Tensor operator()(at::Tensor x, const std::optional<at::Tensor>& mask = {}) const;

 private:
  std::vector<PreNormLayer> layers_;
};

}  // namespace ogam
