#include "encoders/image/text_tower.h"

#include <ATen/ATen.h>

#include <optional>

#include "core/base/error.h"
#include "core/tensor/shape.h"

namespace ogam {

namespace {

constexpr std::int64_t kMaxVocabulary = 1 << 24;
constexpr std::int64_t kMaxPositions = 65536;

}  // namespace

std::set<std::string> foreign_keys() {
  return {"add_cross_attention", "is_decoder", "tie_encoder_decoder", "tie_word_embeddings"};
}

TextTowerConfig TextTowerConfig::parse(const ConfigReader& reader, const Defaults& defaults) {
  return {
      .layers = PreNormConfig::parse(reader, defaults.layers),
      .vocab_size = reader.size("vocab_size", kMaxVocabulary, defaults.vocab_size),
      .max_position_embeddings =
          reader.size("max_position_embeddings", kMaxPositions, defaults.max_position_embeddings),
  };
}

TextTower::TextTower(const WeightScope& weights, const TextTowerConfig& config)
    : token_embedding_(weights.scope("embeddings").scope("token_embedding"),
                       {.count = config.vocab_size, .size = config.layers.hidden_size}),
      position_embedding_(
          weights.scope("embeddings").scope("position_embedding"),
          {.count = config.max_position_embeddings, .size = config.layers.hidden_size}),
      encoder_(weights.scope("encoder"), config.layers),
      final_layer_norm_(weights.scope("final_layer_norm"),
                        {.size = config.layers.hidden_size, .eps = config.layers.layer_norm_eps}) {
  weights.ignore("embeddings.position_ids");  // 0, 1, 2, ... in older files
}

at::Tensor TextTower::forward(const at::Tensor& ids, bool causal) const {
  const auto positions = position_embedding_.weight();  // [P, D]
  require(ids.dim() == 2 && ids.size(1) <= positions.size(0), ErrorCode::invalid_argument,
          "ids must be [B, T] with at most {} tokens, got {}", positions.size(0),
          shape_string(ids.sizes()));
  const auto tokens = ids.size(1);
  std::optional<at::Tensor> mask;
  if (causal) {
    mask = at::ones({tokens, tokens}, at::kBool).tril();
  }
  const auto embedded = token_embedding_(ids) + positions.narrow(0, 0, tokens);  // [B, T, D]
  return final_layer_norm_(encoder_(embedded, mask));
}

}  // namespace ogam
