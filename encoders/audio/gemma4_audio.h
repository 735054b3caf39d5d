#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <vector>

#include "core/nn/activation.h"
#include "core/nn/clippable_linear.h"
#include "core/nn/config_reader.h"
#include "core/nn/layers.h"
#include "core/tensor/checkpoint.h"

namespace ogam {

/// What config.json says of Gemma 4's audio tower (the reference's Gemma4AudioConfig).
struct Gemma4AudioConfig {
  std::int64_t hidden_size = 0;
  std::int64_t num_hidden_layers = 0;
  std::int64_t num_attention_heads = 0;
  std::array<std::int64_t, 2> subsampling_conv_channels = {};  ///< the first is also the number of
                                                               ///< mel bands
  std::int64_t conv_kernel_size = 0;      ///< of the depthwise convolution, tokens
  std::int64_t attention_chunk_size = 0;  ///< how many tokens a token sees: itself and earlier ones
  std::int64_t output_proj_dims = 0;      ///< of the soft tokens
  double attention_logit_cap = 0;
  double gradient_clipping = 0;  ///< no value is larger
  double residual_weight = 0;    ///< of what the feed-forward layers add
  double rms_norm_eps = 0;
  Activation activation = nullptr;
  LinearForm form = LinearForm::clipped;

  std::int64_t mel_bands() const { return subsampling_conv_channels[0]; }

  /// @throws Error{corrupt_data} when a value is missing or absurd, Error{unsupported} for
  ///     mathematics that is not implemented.
  static Gemma4AudioConfig parse(const ConfigReader& config);
};

/// Gemma 4's audio tower: two convolutions that make a token of four mel frames, and Conformer
/// layers in which a token sees itself and a few before it.
///
/// Source: the reference class Gemma4AudioModel, after Zhang et al. 2023 (USM). Names:
/// `subsample_conv_projection`, `layers`, `output_proj`.
class Gemma4Audio {
 public:
  Gemma4Audio(const Gemma4AudioConfig& config, const WeightScope& weights);

  const Gemma4AudioConfig& config() const { return config_; }

  /// How many soft tokens so many mel frames make: one for four, the last perhaps for fewer.
  static std::int64_t token_count(std::int64_t frames);

  /// @param features [B, T, mel bands] float32, frames of sound alone: sounds of different length
  ///     are encoded one by one, so that none is padded.
  /// @return [B, token_count(T), output_proj_dims] in the weights' precision.
  /// @throws Error{invalid_argument} for another shape.
  at::Tensor forward(const at::Tensor& features) const;

 private:
  struct Subsampling {
    Conv conv;
    LayerNorm norm;

    /// [B, C, T, F] to [B, C', T / 2, F / 2].
    at::Tensor operator()(const at::Tensor& x) const;
  };

  /// Limits values to what the configuration and the precision allow.
  struct Limit {
    double magnitude = 0;

    at::Tensor operator()(const at::Tensor& x) const;
  };

  class FeedForward {
   public:
    FeedForward(const WeightScope& weights, const Gemma4AudioConfig& config);
    at::Tensor operator()(const at::Tensor& x) const;

   private:
    ClippableLinear first_;
    ClippableLinear second_;
    RmsNorm before_;
    RmsNorm after_;
    Activation activation_;
    double residual_weight_;
    Limit limit_;
  };

  /// Attention of every token to itself and the chunk_size - 1 before it, with a term for their
  /// distance; scores are capped. Computed chunk by chunk: a chunk's queries see the keys of their
  /// own and the previous one. Source: Dai et al. 2019, section 3.3.
  class Attention {
   public:
    Attention(const WeightScope& weights, const Gemma4AudioConfig& config);
    at::Tensor operator()(const at::Tensor& x) const;

   private:
    at::Tensor distance_terms(const at::Tensor& queries) const;

    std::int64_t heads_;
    std::int64_t chunk_;
    double cap_;
    ClippableLinear query_;
    ClippableLinear key_;
    ClippableLinear value_;
    ClippableLinear out_;
    Linear distance_;         // from the waves of a distance to a key
    at::Tensor query_scale_;  // [d] float32
    at::Tensor waves_;        // [chunk, hidden_size], of the distances 0 to chunk - 1
  };

  /// A gated causal depthwise convolution. Source: Gulati et al. 2020, section 2.2.
  class LightConv {
   public:
    LightConv(const WeightScope& weights, const Gemma4AudioConfig& config);
    at::Tensor operator()(const at::Tensor& x) const;

   private:
    ClippableLinear start_;
    ClippableLinear end_;
    Conv depthwise_;
    RmsNorm before_;
    RmsNorm between_;
    Activation activation_;
    std::int64_t past_;  // tokens before its own that the convolution sees
    Limit limit_;
  };

  struct Layer {
    FeedForward feed_forward1;
    RmsNorm norm_pre_attn;
    Attention self_attn;
    RmsNorm norm_post_attn;
    LightConv lconv1d;
    FeedForward feed_forward2;
    RmsNorm norm_out;
    Limit limit;

    at::Tensor operator()(const at::Tensor& x) const;
  };

  Gemma4AudioConfig config_;
  at::ScalarType precision_;
  std::array<Subsampling, 2> subsampling_;
  Linear input_;
  std::vector<Layer> layers_;
  Linear output_;
};

}  // namespace ogam
