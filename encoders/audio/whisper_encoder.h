#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/nn/attention.h"
#include "core/nn/layers.h"

namespace ogam {

/// The part of a Hugging Face `WhisperConfig` that concerns the encoder.
struct WhisperEncoderConfig {
  std::int64_t num_mel_bins = 0;
  std::int64_t max_source_positions = 0;
  std::int64_t d_model = 0;
  std::int64_t encoder_layers = 0;
  std::int64_t encoder_attention_heads = 0;
  std::int64_t encoder_ffn_dim = 0;

  /// @throws Error{corrupt_data} when a value is missing or absurd, Error{unsupported} for
  /// mathematics
  ///     that is not implemented.
  static WhisperEncoderConfig parse(const Json& config, const std::string& origin);
};

/// Whisper's audio encoder: two convolutions, positions, pre-norm transformer layers.
///
/// Weight names equal those of Hugging Face `WhisperEncoder`; a checkpoint loads under the
/// prefix `model.encoder.` without a key map. Source: Radford et al. 2022, section 2.2.
class WhisperEncoder {
 public:
  WhisperEncoder(const WhisperEncoderConfig& config, const WeightScope& weights);

  /// Encodes log-mel frames.
  ///
  /// @param features [B, num_mel_bins, 2 * max_source_positions] float32, one frame per 10 ms.
  /// @return [B, max_source_positions, d_model], one vector per 20 ms.
  /// @throws Error{invalid_argument} when `features` has another shape.
  at::Tensor forward(const at::Tensor& features) const;

  const WhisperEncoderConfig& config() const { return config_; }

 private:
  struct Layer {
    Layer(const WeightScope& weights, const WhisperEncoderConfig& config);
    at::Tensor operator()(const at::Tensor& x) const;

    MultiHeadAttention self_attn;
    LayerNorm self_attn_layer_norm;
    Linear fc1;
    Linear fc2;
    LayerNorm final_layer_norm;
  };

  WhisperEncoderConfig config_;
  Conv conv1_;
  Conv conv2_;
  at::Tensor positions_;  // [max_source_positions, d_model]
  std::vector<Layer> layers_;
  LayerNorm layer_norm_;
};

}  // namespace ogam
