#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/nn/activation.h"
#include "core/nn/attention.h"
#include "core/nn/config_reader.h"
#include "core/nn/layers.h"
#include "core/nn/mlp.h"
#include "core/tensor/checkpoint.h"
#include "encoders/encoder.h"

namespace ogam {

/// What config.json says of a BERT or of a model built like it. Source: `BertConfig`, whose
/// defaults stand for keys that are left out.
struct BertConfig {
  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 0;
  std::int64_t intermediate_size = 0;
  std::int64_t num_hidden_layers = 0;
  std::int64_t num_attention_heads = 0;
  std::int64_t max_position_embeddings = 0;  ///< rows of the table of positions
  std::int64_t type_vocab_size = 0;
  Activation activation = nullptr;
  double layer_norm_eps = 0;
  /// RoBERTa's way to count: the first token's position is this id + 1, and tokens of this id all
  /// have it as their position. Without it the first token's position is 0.
  std::optional<std::int64_t> padding_id = {};

  /// @throws Error{corrupt_data} when a value is absurd, Error{unsupported} when it is not
  ///     implemented: a decoder, cross attention, positions that are not absolute.
  static BertConfig parse(const ConfigReader& config);

  /// Tokens of the longest text, those around it included.
  std::int64_t max_tokens() const;
};

/// BERT's encoder without its pooler: learned positions, post-norm layers.
///
/// Weight names equal those of Hugging Face `BertModel` and `XLMRobertaModel`; norms may have their
/// first names, `gamma` and `beta`. Source: Devlin et al. 2018, section 3, and Liu et al. 2019 for
/// `padding_id`.
class BertModel {
 public:
  /// @throws Error{corrupt_data} when the heads do not divide the size.
  BertModel(const BertConfig& config, const WeightScope& weights);

  /// The last layer's states.
  ///
  /// @param ids [B, T] integers below vocab_size, all of the first token type.
  /// @param mask [B, T] boolean or 0 and 1, which tokens are real; all are without it. States of
  ///     the others mean nothing.
  /// @return [B, T, hidden_size].
  /// @throws Error{invalid_argument} when an id is out of range or there are more tokens than
  ///     positions.
  at::Tensor forward(const at::Tensor& ids, const std::optional<at::Tensor>& mask = {}) const;

 private:
  struct Layer {
    MultiHeadAttention attention;
    LayerNorm attention_norm;
    Mlp mlp;
    LayerNorm output_norm;
  };

  at::Tensor positions(const at::Tensor& ids) const;

  BertConfig config_;
  Embedding word_embeddings_;
  Embedding position_embeddings_;
  at::Tensor token_type_;  // [hidden_size], of the first type
  LayerNorm embeddings_norm_;
  std::vector<Layer> layers_;
};

/// Builds the sentence encoder of a model that is built like BERT.
/// @param prefix of the encoder's tensors in a checkpoint that has a head.
/// @throws Error{not_found, corrupt_data, unsupported}.
Encoders make_bert_like(Checkpoint& checkpoint, const BertConfig& config,
                        const std::string& prefix);

/// Builds the sentence encoder from a folder with `model_type` "bert".
/// @throws Error{not_found, corrupt_data, unsupported}.
Encoders make_bert(Checkpoint& checkpoint);

}  // namespace ogam
