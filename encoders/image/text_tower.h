#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <set>
#include <string>

#include "core/nn/config_reader.h"
#include "core/nn/layers.h"
#include "core/nn/pre_norm_layer.h"
#include "core/tensor/checkpoint.h"

namespace ogam {

/// Keys that older files of image-text models have in every section, of language models, and that
/// no image-text model obeys.
std::set<std::string> foreign_keys();

/// What the configuration of an image-text model says of its text tower.
struct TextTowerConfig {
  PreNormConfig layers;
  std::int64_t vocab_size = 0;
  std::int64_t max_position_embeddings = 0;  ///< tokens, the longest text

  struct Defaults {
    PreNormConfig::Defaults layers;
    std::int64_t vocab_size = 0;
    std::int64_t max_position_embeddings = 0;
  };

  /// @throws Error{corrupt_data, unsupported}.
  static TextTowerConfig parse(const ConfigReader& reader, const Defaults& defaults);
};

/// The text tower of CLIP and SigLIP: embeddings of tokens and of their places, pre-norm layers, a
/// norm. Names: `embeddings.token_embedding`, `embeddings.position_embedding`, `encoder.layers`,
/// `final_layer_norm`. Source: CLIPTextModel and SiglipTextModel, without what pools the tokens.
class TextTower {
 public:
  /// @param weights the scope of the tower, "text_model.".
  TextTower(const WeightScope& weights, const TextTowerConfig& config);

  /// @param ids [B, T] integers from 0 to vocab_size - 1; T is at most max_position_embeddings.
  /// @param causal whether no token sees a later one.
  /// @return [B, T, hidden_size].
  /// @throws Error{invalid_argument} for longer texts and other ids.
  at::Tensor forward(const at::Tensor& ids, bool causal) const;

 private:
  Embedding token_embedding_;
  Embedding position_embedding_;
  PreNormEncoder encoder_;
  LayerNorm final_layer_norm_;
};

}  // namespace ogam
