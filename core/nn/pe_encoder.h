#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/nn/activation.h"
#include "core/nn/config_reader.h"
#include "core/nn/layers.h"
#include "core/nn/mlp.h"
#include "core/nn/rope.h"

namespace ogam {

/// The transformer of a Hugging Face `PeAudioEncoderConfig`, `PeVideoEncoderConfig` or
/// `PeAudioVideoEncoderConfig`.
struct PeEncoderConfig {
  std::int64_t hidden_size = 0;
  std::int64_t intermediate_size = 0;
  std::int64_t num_hidden_layers = 0;
  std::int64_t num_attention_heads = 0;
  std::int64_t num_key_value_heads = 0;  ///< a divisor of the heads
  std::int64_t head_dim = 0;
  Activation activation = nullptr;
  double rms_norm_eps = 0;
  double rope_theta = 0;

  /// Reads the transformer's keys of a section; the embedder's are left to its owner.
  /// @throws Error{corrupt_data} when a value is absurd or does not fit the others,
  ///     Error{unsupported} for mathematics that is not implemented.
  static PeEncoderConfig parse(const ConfigReader& config);
};

/// What takes the pooled state of a modality into a joint space: a norm and a linear layer.
/// Names: `layer_norm`, `proj`. Source: `PeAudioVideoContrastiveHead`.
class PeHead {
 public:
  struct Config {
    std::int64_t in = 0;
    std::int64_t out = 0;
  };
  PeHead(const WeightScope& weights, const Config& config);

  /// @param x [..., in].
  /// @return [..., out], not normalised.
  at::Tensor operator()(const at::Tensor& x) const { return proj_(norm_(x)); }

 private:
  LayerNorm norm_;
  Linear proj_;
};

/// The transformer that PE-AV's encoders of sound, of frames and of both together share. A class
/// embedding goes before the sequence, a residual block of two convolutions mixes neighbours, then
/// pre-norm layers with normalised queries and keys, and rotary positions.
///
/// Every item of a batch has the same length: nothing is masked.
/// Names as in Hugging Face `PeAudioVideoEncoder`, without its embedder. Source: `PeAudioEncoder`,
/// `PeVideoEncoder` and `PeAudioVideoEncoder`.
class PeEncoder {
 public:
  PeEncoder(const WeightScope& weights, const PeEncoderConfig& config);

  /// What a sequence becomes.
  struct Output {
    at::Tensor pooled;  ///< [B, hidden_size], the state of the class embedding
    at::Tensor states;  ///< [B, T, hidden_size]
  };

  /// @param x [B, T, hidden_size], T at least 1.
  /// @throws Error{invalid_argument} when `x` has another shape.
  Output forward(const at::Tensor& x) const;

  const PeEncoderConfig& config() const { return config_; }

 private:
  /// Group normalisation over time and channels at once, SiLU, and a convolution over time.
  struct ConvBlock {
    ConvBlock(const WeightScope& weights, std::int64_t size);
    /// @param x [B, D, T].
    at::Tensor operator()(const at::Tensor& x) const;

    at::Tensor norm_weight;  // [D]
    at::Tensor norm_bias;    // [D]
    Conv project;
  };

  struct Layer {
    Layer(const WeightScope& weights, const PeEncoderConfig& config);
    at::Tensor operator()(const at::Tensor& x, const Rotation& rotation) const;
    at::Tensor attention(const at::Tensor& x, const Rotation& rotation) const;

    std::int64_t heads;
    std::int64_t key_heads;
    RmsNorm input_layernorm;
    Linear q_proj;
    Linear k_proj;
    Linear v_proj;
    Linear o_proj;
    RmsNorm q_norm;
    RmsNorm k_norm;
    RmsNorm post_attention_layernorm;
    GatedMlp mlp;
  };

  PeEncoderConfig config_;
  at::Tensor class_embedding_;  // [1, 1, D]
  ConvBlock block1_;
  ConvBlock block2_;
  std::vector<Layer> layers_;
  RmsNorm norm_;
  Linear output_;
};

}  // namespace ogam
