#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/base/json.h"
#include "core/nn/attention.h"
#include "core/nn/layers.h"

namespace ogam {

/// The part of a Hugging Face `WhisperConfig` that concerns the decoder.
struct WhisperDecoderConfig {
  std::int64_t vocab_size = 0;
  std::int64_t max_target_positions = 0;
  std::int64_t max_source_positions = 0;
  std::int64_t d_model = 0;
  std::int64_t decoder_layers = 0;
  std::int64_t decoder_attention_heads = 0;
  std::int64_t decoder_ffn_dim = 0;

  /// @throws Error{corrupt_data} when a value is missing or absurd, Error{unsupported} for
  /// mathematics
  ///     that is not implemented.
  static WhisperDecoderConfig parse(const Json& config, const std::string& origin);
};

/// One attention head of the decoder, as in `alignment_heads` of generation_config.json.
struct AttentionHead {
  std::int64_t layer = 0;
  std::int64_t head = 0;
};

/// Whisper's text decoder: token and position embeddings, pre-norm transformer layers with
/// attention to the encoded sound, output tied to the token embeddings.
///
/// Weight names equal those of Hugging Face `WhisperDecoder`; a checkpoint loads under the prefix
/// `model.decoder.` without a key map. Source: Radford et al. 2022, section 2.2.
class WhisperDecoder {
 public:
  WhisperDecoder(const WhisperDecoderConfig& config, const WeightScope& weights);

  /// What is remembered between steps: the sound, projected once, and the tokens so far.
  struct State {
    std::vector<KeyValues> sound;       ///< per layer, [1, H, S, D / H]
    std::vector<KeyValueCache> tokens;  ///< per layer, one row per beam

    std::int64_t length() const { return tokens.front().length(); }
    /// Beam i goes on from what beam `beams[i]` was; their number may change.
    void select_beams(const at::Tensor& beams);
  };

  /// Keys and values of a sound for every layer.
  /// @param sound [1, S, d_model], from the encoder.
  std::vector<KeyValues> project(const at::Tensor& sound) const;

  /// A state with no tokens, for one beam.
  State start(std::vector<KeyValues> sound) const;

  /// Takes in further tokens of every beam.
  /// @param tokens [B, T] int64.
  /// @return [B, vocab_size] float32, the logits of the token that follows the last.
  /// @throws Error{invalid_argument} beyond max_target_positions.
  at::Tensor step(const at::Tensor& tokens, State& state) const;

  struct Aligned {
    at::Tensor logits;  ///< [T, vocab_size], of the token after each
    at::Tensor
        attentions;  ///< [heads, T, S]: where each of the given heads looks while at each token
  };
  /// Runs over a whole known sequence and shows where given heads attend.
  /// @param tokens [T] int64.
  Aligned align(const at::Tensor& tokens, const std::vector<KeyValues>& sound,
                const std::vector<AttentionHead>& heads) const;

  const WhisperDecoderConfig& config() const { return config_; }

 private:
  struct Layer {
    Layer(const WeightScope& weights, const WhisperDecoderConfig& config);
    // The three parts of a layer, each with its residual.
    at::Tensor attend_tokens(const at::Tensor& x, KeyValueCache& tokens) const;
    at::Tensor attend_sound(const at::Tensor& x, const KeyValues& sound) const;
    at::Tensor feed_forward(const at::Tensor& x) const;

    MultiHeadAttention self_attn;
    LayerNorm self_attn_layer_norm;
    MultiHeadAttention encoder_attn;
    LayerNorm encoder_attn_layer_norm;
    Linear fc1;
    Linear fc2;
    LayerNorm final_layer_norm;
  };

  at::Tensor embed(const at::Tensor& tokens, std::int64_t position) const;

  WhisperDecoderConfig config_;
  at::Tensor token_embeddings_;  // [vocab_size, d_model]
  at::Tensor positions_;         // [max_target_positions, d_model]
  std::vector<Layer> layers_;
  LayerNorm layer_norm_;
};

}  // namespace ogam
