#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/nn/config_reader.h"
#include "core/nn/decoder_layer.h"
#include "core/tensor/checkpoint.h"

namespace ogam {

/// The `text_config` of a Qwen3-VL.
struct Qwen3VlTextConfig {
  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 0;
  std::int64_t num_hidden_layers = 0;
  std::int64_t max_position_embeddings = 0;  ///< tokens of the longest sequence
  double rms_norm_eps = 0;
  double rope_theta = 0;
  std::int64_t head_size = 0;
  /// How many frequencies follow time, rows and columns; their sum is half the size of a head.
  std::vector<std::int64_t> mrope_section;
  DecoderLayer::Config layer;

  /// @throws Error{corrupt_data, unsupported}. A file without `mrope_section` is refused: with
  ///     other sections than it was trained with a model works, and works badly.
  static Qwen3VlTextConfig parse(const ConfigReader& config);

  /// The axis that each frequency follows: time, row and column in turn, and time where the others
  /// have had their share. [head_size / 2] integers.
  at::Tensor rotary_axes() const;
};

/// A span of tokens that show a picture, or a moment of a video: one token for each cell of a grid,
/// row by row.
struct VisualSpan {
  std::int64_t start = 0;  ///< its first token
  std::int64_t rows = 0;
  std::int64_t columns = 0;
};

/// The positions of a sequence's tokens on the axes of time, row and column. A token of text takes
/// the next position on all three. The tokens of a span share one time and take their rows and
/// columns from there on; the token after it comes next after the span's longer side.
/// Source: Bai et al. 2025, "Qwen3-VL Technical Report", section 2; reference
/// `Qwen3VLModel.get_rope_index`.
///
/// @param spans in order, apart from each other and inside the sequence.
/// @return [3, tokens] integers.
/// @throws Error{invalid_argument} when the spans are not so.
at::Tensor multimodal_positions(std::int64_t tokens, std::span<const VisualSpan> spans);

/// The causal language model of Qwen3-VL without a head: embeddings, layers, final norm. It reads
/// text and soft tokens of other encoders, each token with positions on three axes; the first
/// layers take further features of visual tokens (DeepStack).
///
/// Names: those of the reference class `Qwen3VLTextModel`. Runs in the checkpoint's precision.
/// Source: Bai et al. 2025, "Qwen3-VL Technical Report", section 2.
class Qwen3VlText {
 public:
  Qwen3VlText(const Qwen3VlTextConfig& config, const WeightScope& weights);

  const Qwen3VlTextConfig& config() const { return config_; }

  /// The embeddings of tokens: rows of the table, which is also the head of a tied model.
  /// @param ids integers [...]; @return [..., D] in the checkpoint's precision.
  /// @throws Error{invalid_argument} when an id is out of range.
  at::Tensor embed(const at::Tensor& ids) const;

  /// What the model reads.
  struct Input {
    at::Tensor embeddings;  ///< [B, T, D], of text and soft tokens
    at::Tensor positions;   ///< [3, B, T]: see multimodal_positions
    /// Which of the B * T tokens are visual: their indices [V]; undefined where none is.
    at::Tensor visual_tokens = {};
    /// What is added to the visual tokens after the first, second, ... layer: each [V, D].
    std::span<const at::Tensor> deepstack = {};
    /// The tokens that came before, one cache for each layer; empty where none came and none will.
    std::span<KeyValueCache> caches = {};
  };

  /// The contextual tokens [B, T, D], after the final norm. No token sees a later one: a sequence
  /// that is padded at its end gets what it would get alone.
  /// @throws Error{invalid_argument} when shapes do not fit or a sequence is too long.
  at::Tensor operator()(const Input& input) const;

  /// One cache for each layer, for sequences of at most `capacity` tokens.
  std::vector<KeyValueCache> make_caches(std::int64_t batch, std::int64_t capacity) const;

 private:
  void check(const Input& input) const;

  Qwen3VlTextConfig config_;
  Embedding table_;
  std::vector<DecoderLayer> layers_;
  RmsNorm norm_;
  at::Tensor frequencies_;  // [head_size / 2]
  at::Tensor axes_;         // [head_size / 2]
};

/// The last token of each sequence, which has seen all of it.
/// @param tokens [B, T, D]; @param lengths [B], from 1 to T.
/// @return [B, D].
at::Tensor last_tokens(const at::Tensor& tokens, std::span<const std::int64_t> lengths);

}  // namespace ogam
