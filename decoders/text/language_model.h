#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "core/nn/decoder_layer.h"
#include "core/nn/layers.h"
#include "core/tensor/checkpoint.h"
#include "decoders/text/language_model_config.h"

namespace ogam {

/// Tokens of text and of what is seen, as the layers of a language model take them.
struct EmbeddedTokens {
  at::Tensor embeddings;  ///< [B, T, D]
  /// [3, B, T] integers of a model whose tokens have positions on the axes of time, row and column
  /// (see multimodal_positions); undefined where a token comes next after the one before it.
  at::Tensor positions = {};
  /// What is added to the tokens after the first, second, ... layer (DeepStack): [B, T, D] each,
  /// zeros at text.
  std::vector<at::Tensor> added = {};

  /// Those of `count` slots from `start` on.
  EmbeddedTokens slice(std::int64_t start, std::int64_t count) const;
};

/// What a language model remembers of the sequences that it has read.
class LanguageModelCache {
 public:
  /// Slots taken in every sequence, padding among them.
  std::int64_t length() const { return layers_.front().length(); }
  std::int64_t capacity() const { return layers_.front().capacity(); }

  /// Forgets all but the first `length` slots.
  void truncate(std::int64_t length);

  /// Makes room for `capacity` slots in all.
  void reserve(std::int64_t capacity);

 private:
  friend class LanguageModel;
  explicit LanguageModelCache(std::vector<KeyValueCache> layers) : layers_(std::move(layers)) {}

  std::vector<KeyValueCache> layers_;
  at::Tensor real_;  // [B, length] boolean; undefined while nothing is padding
  // [B, length]: on the axis where it is furthest, -1 of padding; undefined while a token comes
  // next after the one before it.
  at::Tensor furthest_;
};

/// A causal language model: embeddings, decoder layers, a norm, and a head over the vocabulary.
///
/// One class for all the types that docs/language_models.md lists; how they differ is data
/// (language_model_types.cpp). Names: those of the reference classes `...ForCausalLM`, with the
/// prefix `model.` or, of a tied model without a head, none. Runs in the checkpoint's precision.
class LanguageModel {
 public:
  /// @throws Error{corrupt_data} when config.json and the weights do not fit each other,
  ///     Error{unsupported} for a type or mathematics that is not implemented.
  explicit LanguageModel(Checkpoint& checkpoint);

  /// Where a model lies among the weights of a larger one.
  struct Places {
    WeightScope body;
    WeightScope head;  ///< of a tied model: not used
  };
  /// A part of a larger model, whose other tensors are left to others.
  LanguageModel(const Checkpoint& checkpoint, LanguageModelConfig config, const Places& places);

  const LanguageModelConfig& config() const { return config_; }
  /// Each of these ends a text: those of generation_config.json, or of config.json where it names
  /// none.
  const std::vector<std::int64_t>& eos_token_ids() const { return eos_token_ids_; }

  /// The embeddings of tokens, as what is seen is put among them.
  /// @param ids integers [...]; @return [..., D] in the checkpoint's precision.
  /// @throws Error{invalid_argument} when an id is out of range.
  at::Tensor embed(const at::Tensor& ids) const { return table_(ids); }

  struct Input {
    at::Tensor ids = {};                       ///< [B, T] integers; undefined with `embedded`
    const EmbeddedTokens* embedded = nullptr;  ///< in their place
    /// Which slots hold tokens, boolean [B, T], false for padding at either end; all without it.
    /// A sequence with padding gets what it would get alone. At padding, logits mean nothing.
    std::optional<at::Tensor> real = {};
    /// What came before, to which this is added; null where nothing came and nothing will.
    LanguageModelCache* cache = nullptr;
    /// Logits of each sequence's last token alone: over a long prompt, all of them fill the memory.
    bool last_only = false;
  };
  /// Whether tokens come in one piece or in several through a cache makes no difference.
  ///
  /// @return [B, T, vocab_size] float32, the logits of the token after each; [B, vocab_size] with
  ///     `last_only`.
  /// @throws Error{invalid_argument} when a shape is another, an id is outside the vocabulary, a
  ///     sequence is longer than the context or the cache, or with `last_only` a sequence has no
  ///     token here.
  at::Tensor forward(const Input& input) const;

  /// What the logits are made of: the contextual tokens after the final norm, [B, T, D], or [B, D]
  /// with `last_only`, in the checkpoint's precision.
  /// @throws what forward throws.
  at::Tensor states(const Input& input) const;

  /// A cache for `batch` sequences of at most `capacity` slots.
  LanguageModelCache make_cache(std::int64_t batch, std::int64_t capacity) const;

 private:
  struct Context {
    CausalContext full;
    CausalContext sliding;
    at::Tensor real;      // what the cache is to remember
    at::Tensor furthest;  // likewise
  };
  Context context_of(const Input& input, std::int64_t batch, std::int64_t tokens) const;
  void check(const Input& input) const;

  LanguageModelConfig config_;
  std::vector<std::int64_t> eos_token_ids_;
  Embedding table_;
  std::vector<DecoderLayer> layers_;
  RmsNorm norm_;
  Linear head_;
};

}  // namespace ogam
