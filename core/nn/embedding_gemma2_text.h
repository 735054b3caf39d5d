#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/nn/config_reader.h"
#include "core/nn/gemma_block.h"
#include "core/tensor/checkpoint.h"

namespace ogam {

/// What config.json says of the text model of EmbeddingGemma 2 (the reference's
/// EmbeddingGemma2TextConfig).
struct EmbeddingGemma2TextConfig {
  /// What layers of one kind have in common.
  struct Attention {
    std::int64_t head_dim = 0;
    std::int64_t num_key_value_heads = 0;
    double rope_theta = 0;
  };

  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 0;
  std::int64_t intermediate_size = 0;
  std::int64_t num_attention_heads = 0;
  std::int64_t hidden_size_per_layer_input = 0;  ///< of the signal that gates every layer
  std::int64_t embedding_dim = 0;                ///< of the vectors that come out
  std::int64_t max_position_embeddings = 0;      ///< tokens in a sequence
  std::int64_t sliding_window = 0;  ///< how far a token of a sliding layer sees to either side
  double rms_norm_eps = 0;
  Activation activation = nullptr;
  Attention sliding;
  Attention full;
  std::vector<bool> is_sliding;  ///< for every layer

  /// @throws Error{corrupt_data} when a value is missing or absurd, Error{unsupported} for
  ///     mathematics that is not implemented.
  static EmbeddingGemma2TextConfig parse(const ConfigReader& config);
};

/// EmbeddingGemma 2's text model: a bidirectional transformer over the embeddings of tokens of text
/// and of other media. Most layers see a window of tokens, every few see all of them; all are gated
/// by a signal that is computed once from the embeddings.
///
/// It is the encoder of texts, and what fuses media: embeddings of tokens may come from anywhere.
/// Source: the reference class EmbeddingGemma2TextModel. Names: `embed_tokens`, `layers`, `norm`,
/// `ple`, `embedding_projection`.
class EmbeddingGemma2Text {
 public:
  EmbeddingGemma2Text(const EmbeddingGemma2TextConfig& config, const WeightScope& weights);

  const EmbeddingGemma2TextConfig& config() const { return config_; }
  /// In which it computes: float32 or bfloat16.
  at::ScalarType precision() const { return precision_; }

  /// The embeddings of tokens, as `forward` takes them.
  /// @param ids [...] int64, from 0 to vocab_size - 1.
  /// @return [..., hidden_size].
  /// @throws Error{invalid_argument} when an id is out of range.
  at::Tensor embed(const at::Tensor& ids) const;

  struct Output {
    at::Tensor tokens;  ///< [B, T, embedding_dim], every token in its context
    at::Tensor pooled;  ///< [B, embedding_dim] float32, the mean of the real tokens
  };
  /// @param embeddings [B, T, hidden_size] in any floating point type: of text from `embed`, of
  ///     other media as their embedders give them; T is at most max_position_embeddings.
  /// @param real [B, T] boolean: false for padding, which no token sees; every row has a real one.
  /// @throws Error{invalid_argument} when a shape is another or a row holds nothing but padding.
  Output forward(const at::Tensor& embeddings, const at::Tensor& real) const;

 private:
  struct Layer {
    GemmaBlock block;
    Linear gate;
    Linear projection;
    RmsNorm norm;
    at::Tensor scalar;  // [1]
  };

  /// What each layer is gated with: [B, T, layers, hidden_size_per_layer_input].
  at::Tensor layer_inputs(const at::Tensor& embeddings) const;

  EmbeddingGemma2TextConfig config_;
  at::ScalarType precision_;
  at::Tensor table_;  // [vocab_size, hidden_size] as stored
  Linear layer_input_projection_;
  RmsNorm layer_input_norm_;
  std::vector<Layer> layers_;
  RmsNorm norm_;
  Linear embedding_projection_;
  at::Tensor sliding_frequencies_;  // [head_dim / 2]
  at::Tensor full_frequencies_;
};

}  // namespace ogam
