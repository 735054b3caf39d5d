#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "core/nn/activation.h"
#include "core/nn/config_reader.h"
#include "core/nn/layers.h"
#include "core/nn/rope.h"
#include "core/tensor/checkpoint.h"
#include "encoders/encoder.h"

namespace ogam {

/// What config.json says of a ModernBERT. Source: `ModernBertConfig`, whose defaults stand for keys
/// that are left out; both the keys of the published models (`global_rope_theta`,
/// `local_rope_theta`, `global_attn_every_n_layers`) and the later `rope_parameters` and
/// `layer_types` are read.
struct ModernBertConfig {
  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 0;
  std::int64_t intermediate_size = 0;
  std::int64_t num_attention_heads = 0;
  std::int64_t max_position_embeddings = 0;  ///< tokens of the longest text it was trained on
  std::int64_t local_attention = 0;          ///< tokens that a local layer's window spans
  Activation activation = nullptr;
  double norm_eps = 0;
  bool norm_bias = false;
  bool attention_bias = false;
  bool mlp_bias = false;
  double global_rope_theta = 0;
  double local_rope_theta = 0;
  std::vector<bool> is_global = {};  ///< of each layer: whether its tokens see all others

  /// @throws Error{corrupt_data} when a value is absurd, Error{unsupported} when it is not
  ///     implemented.
  static ModernBertConfig parse(const ConfigReader& config);
};

/// ModernBERT's encoder: rotary positions, pre-norm layers, gated GELU, attention that sees the
/// whole text in some layers and a window around each token in the others.
///
/// Weight names equal those of Hugging Face `ModernBertModel`. Source: Warner et al. 2024,
/// "Smarter, Better, Faster, Longer", section 2.1.
class ModernBertModel {
 public:
  /// @throws Error{corrupt_data} when the heads do not divide the size.
  ModernBertModel(const ModernBertConfig& config, const WeightScope& weights);

  /// The last layer's states after the final norm.
  ///
  /// @param ids [B, T] integers below vocab_size.
  /// @param mask [B, T] boolean or 0 and 1, which tokens are real; all are without it. States of
  ///     the others mean nothing.
  /// @return [B, T, hidden_size].
  /// @throws Error{invalid_argument} when an id is out of range.
  at::Tensor forward(const at::Tensor& ids, const std::optional<at::Tensor>& mask = {}) const;

  const ModernBertConfig& config() const { return config_; }

 private:
  /// What the layers of one kind, local or global, share in one pass.
  struct Sight {
    std::optional<at::Tensor> mask = {};
    Rotation rotation;
  };
  struct Layer {
    std::optional<LayerNorm> attn_norm;  // the first layer has none: the embeddings are normalised
    Linear qkv;
    Linear attn_out;
    LayerNorm mlp_norm;
    Linear mlp_in;  // the input of the activation and its gate
    Linear mlp_out;
  };

  at::Tensor attention(const Layer& layer, const at::Tensor& x, const Sight& sight) const;

  ModernBertConfig config_;
  Embedding tok_embeddings_;
  LayerNorm embeddings_norm_;
  std::vector<Layer> layers_;
  LayerNorm final_norm_;
};

/// Builds the sentence encoder from a folder with `model_type` "modernbert".
/// @throws Error{not_found, corrupt_data, unsupported}.
Encoders make_modernbert(Checkpoint& checkpoint);

}  // namespace ogam
