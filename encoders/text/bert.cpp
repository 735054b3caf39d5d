#include "encoders/text/bert.h"

#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/nn/transformer_weights.h"
#include "core/tensor/shape.h"
#include "encoders/text/sentence_encoder.h"

namespace ogam {

namespace {

constexpr std::int64_t kMaxVocabulary = 10'000'000;
constexpr std::int64_t kMaxWidth = 65'536;
constexpr std::int64_t kMaxLayers = 512;
constexpr std::int64_t kMaxPositions = 1'048'576;

/// A norm under its name of today, or those of the first checkpoints.
LayerNorm norm_of(const WeightScope& weights, const BertConfig& config) {
  const auto scope = weights.scope("LayerNorm");
  LayerNorm::Config norm = {.size = config.hidden_size, .eps = config.layer_norm_eps};
  if (scope.contains("gamma")) {
    norm.names = {"gamma", "beta"};
  }
  return {scope, norm};
}

}  // namespace

BertConfig BertConfig::parse(const ConfigReader& config) {
  config.demand_or_absent("is_decoder", false);
  config.demand_or_absent("add_cross_attention", false);
  config.demand_or_absent<std::string>("position_embedding_type", "absolute");
  const BertConfig parsed = {
      .vocab_size = config.size("vocab_size", kMaxVocabulary, 30'522),
      .hidden_size = config.size("hidden_size", kMaxWidth, 768),
      .intermediate_size = config.size("intermediate_size", kMaxWidth, 3072),
      .num_hidden_layers = config.size("num_hidden_layers", kMaxLayers, 12),
      .num_attention_heads = config.size("num_attention_heads", kMaxWidth, 12),
      .max_position_embeddings = config.size("max_position_embeddings", kMaxPositions, 512),
      .type_vocab_size = config.size("type_vocab_size", kMaxWidth, 2),
      .activation = find_activation(config.text("hidden_act", "gelu"), config.origin()),
      .layer_norm_eps = config.number("layer_norm_eps", 0, 1, 1e-12),
  };
  // Of the heads: the pooler that some checkpoints describe, the output that masked language
  // models tie to the table of words.
  config.refuse_unread({"model_type", "directionality", "pooler_fc_size",
                        "pooler_num_attention_heads", "pooler_num_fc_layers",
                        "pooler_size_per_head", "pooler_type", "tie_word_embeddings"});
  return parsed;
}

std::int64_t BertConfig::max_tokens() const {
  return max_position_embeddings - (padding_id ? *padding_id + 1 : 0);
}

BertModel::BertModel(const BertConfig& config, const WeightScope& weights)
    : config_(config),
      word_embeddings_(weights.scope("embeddings").scope("word_embeddings"),
                       {.count = config.vocab_size, .size = config.hidden_size}),
      position_embeddings_(weights.scope("embeddings").scope("position_embeddings"),
                           {.count = config.max_position_embeddings, .size = config.hidden_size}),
      token_type_(weights.scope("embeddings")
                      .scope("token_type_embeddings")
                      .get("weight", {config.type_vocab_size, config.hidden_size})[0]),
      embeddings_norm_(norm_of(weights.scope("embeddings"), config)) {
  weights.ignore("embeddings.position_ids");  // 0, 1, 2, ..., which earlier versions stored
  weights.ignore("embeddings.token_type_ids");
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    const auto layer = weights.scope("encoder.layer").scope(std::to_string(i));
    const auto attention = layer.scope("attention");
    layers_.push_back(
        {.attention = {attention,
                       {.size = config.hidden_size,
                        .heads = config.num_attention_heads,
                        .names = {"self.query", "self.key", "self.value", "output.dense"}}},
         .attention_norm = norm_of(attention.scope("output"), config),
         .mlp = {layer,
                 {.size = config.hidden_size,
                  .intermediate = config.intermediate_size,
                  .activation = config.activation,
                  .names = {"intermediate.dense", "output.dense"}}},
         .output_norm = norm_of(layer.scope("output"), config)});
  }
}

at::Tensor BertModel::positions(const at::Tensor& ids) const {
  if (!config_.padding_id) {
    return at::arange(ids.size(1), at::kLong).expand(ids.sizes());
  }
  const auto counted = ids.ne(*config_.padding_id).to(at::kLong);
  return counted.cumsum(1) * counted + *config_.padding_id;
}

at::Tensor BertModel::forward(const at::Tensor& ids, const std::optional<at::Tensor>& mask) const {
  require(ids.dim() == 2 && ids.size(1) <= config_.max_tokens(), ErrorCode::invalid_argument,
          "ids must be [B, T] with at most {} tokens, got {}", config_.max_tokens(),
          shape_string(ids.sizes()));
  std::optional<at::Tensor> visible;
  if (mask) {
    visible = key_mask(*mask);
  }
  auto x = embeddings_norm_(word_embeddings_(ids) + token_type_ +
                            position_embeddings_(positions(ids)));  // [B, T, D]
  for (const auto& layer : layers_) {
    x = layer.attention_norm(x + layer.attention(x, visible));
    x = layer.output_norm(x + layer.mlp(x));
  }
  return x;
}

Encoders make_bert_like(Checkpoint& checkpoint, const BertConfig& config,
                        const std::string& prefix) {
  auto model = std::make_shared<const BertModel>(config, transformer_weights(checkpoint, prefix));
  return {.text = std::make_shared<const SentenceEncoder>(
              checkpoint,
              TextTransformer{.forward = std::bind_front(&BertModel::forward, std::move(model)),
                              .hidden_size = config.hidden_size,
                              .vocab_size = config.vocab_size,
                              .max_tokens = config.max_tokens()})};
}

Encoders make_bert(Checkpoint& checkpoint) {
  return make_bert_like(checkpoint, BertConfig::parse({checkpoint.config(), checkpoint.origin()}),
                        "bert");
}

}  // namespace ogam
