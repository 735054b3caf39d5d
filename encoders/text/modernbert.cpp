#include "encoders/text/modernbert.h"

#include <ATen/ATen.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/nn/attention.h"
#include "core/nn/transformer_weights.h"
#include "encoders/text/sentence_encoder.h"

namespace ogam {

namespace {

constexpr std::int64_t kMaxVocabulary = 10'000'000;
constexpr std::int64_t kMaxWidth = 65'536;
constexpr std::int64_t kMaxLayers = 512;
constexpr std::int64_t kMaxPositions = 1'048'576;
constexpr double kMaxTheta = 1e9;

const std::string kGlobalLayer = "full_attention";
const std::string kLocalLayer = "sliding_attention";

/// The base of one kind of layer's rotary frequencies: under the later key or the earlier one.
double rope_theta(const ConfigReader& by_layer_type, const std::string& layer_type,
                  double earlier_value) {
  const auto section = by_layer_type.section(layer_type);
  section.demand_or_absent<std::string>("rope_type", "default");
  const double theta = section.number("rope_theta", 1, kMaxTheta, earlier_value);
  section.refuse_unread();
  return theta;
}

std::vector<bool> global_layers(const ConfigReader& config, std::int64_t layers) {
  std::vector<bool> is_global;
  const auto interval = config.size("global_attn_every_n_layers", kMaxLayers, 3);
  if (!config.has("layer_types")) {
    for (std::int64_t i = 0; i < layers; ++i) {
      is_global.push_back(i % interval == 0);
    }
    return is_global;
  }
  for (const auto& type : config.texts("layer_types", kMaxLayers)) {
    require(type == kGlobalLayer || type == kLocalLayer, ErrorCode::unsupported,
            "{}: \"layer_types\" names '{}'; there are: {}, {}", config.origin(), type,
            kGlobalLayer, kLocalLayer);
    is_global.push_back(type == kGlobalLayer);
  }
  require(static_cast<std::int64_t>(is_global.size()) == layers, ErrorCode::corrupt_data,
          "{}: \"layer_types\" has {} entries for {} layers", config.origin(), is_global.size(),
          layers);
  return is_global;
}

}  // namespace

ModernBertConfig ModernBertConfig::parse(const ConfigReader& config) {
  ModernBertConfig parsed = {
      .vocab_size = config.size("vocab_size", kMaxVocabulary, 50'368),
      .hidden_size = config.size("hidden_size", kMaxWidth, 768),
      .intermediate_size = config.size("intermediate_size", kMaxWidth, 1152),
      .num_attention_heads = config.size("num_attention_heads", kMaxWidth, 12),
      .max_position_embeddings = config.size("max_position_embeddings", kMaxPositions, 8192),
      .local_attention = config.size("local_attention", kMaxPositions, 128),
      .activation = find_activation(config.text("hidden_activation", "gelu"), config.origin()),
      .norm_eps = config.number("norm_eps", 0, 1, 1e-5),
      .norm_bias = config.flag("norm_bias", false),
      .attention_bias = config.flag("attention_bias", false),
      .mlp_bias = config.flag("mlp_bias", false),
  };
  parsed.is_global = global_layers(config, config.size("num_hidden_layers", kMaxLayers, 22));
  const auto rope = config.section("rope_parameters");
  parsed.global_rope_theta =
      rope_theta(rope, kGlobalLayer, config.number("global_rope_theta", 1, kMaxTheta, 160'000));
  parsed.local_rope_theta =
      rope_theta(rope, kLocalLayer, config.number("local_rope_theta", 1, kMaxTheta, 10'000));
  rope.refuse_unread();
  const auto head_size = parsed.hidden_size / parsed.num_attention_heads;
  require(parsed.hidden_size % parsed.num_attention_heads == 0 && head_size % 2 == 0,
          ErrorCode::corrupt_data,
          "{}: {} heads must divide the \"hidden_size\" {} into heads of an even size",
          config.origin(), parsed.num_attention_heads, parsed.hidden_size);
  // How to train, heads beside the encoder, and keys that the reference does not read either.
  config.refuse_unread({"model_type", "classifier_activation", "classifier_bias",
                        "classifier_pooling", "decoder_bias", "deterministic_flash_attn",
                        "initializer_cutoff_factor", "layer_norm_eps", "position_embedding_type",
                        "reference_compile", "repad_logits_with_grad", "sparse_pred_ignore_index",
                        "sparse_prediction", "tie_word_embeddings"});
  return parsed;
}

ModernBertModel::ModernBertModel(const ModernBertConfig& config, const WeightScope& weights)
    : config_(config),
      tok_embeddings_(weights.scope("embeddings").scope("tok_embeddings"),
                      {.count = config.vocab_size, .size = config.hidden_size}),
      embeddings_norm_(
          weights.scope("embeddings").scope("norm"),
          {.size = config.hidden_size, .eps = config.norm_eps, .bias = config.norm_bias}),
      final_norm_(weights.scope("final_norm"),
                  {.size = config.hidden_size, .eps = config.norm_eps, .bias = config.norm_bias}) {
  const auto size = config.hidden_size;
  const auto inner = config.intermediate_size;
  const LayerNorm::Config norm = {.size = size, .eps = config.norm_eps, .bias = config.norm_bias};
  for (std::size_t i = 0; i < config.is_global.size(); ++i) {
    const auto layer = weights.scope("layers").scope(std::to_string(i));
    const auto attn = layer.scope("attn");
    const auto mlp = layer.scope("mlp");
    layers_.push_back(
        {.attn_norm =
             i == 0 ? std::nullopt : std::optional<LayerNorm>({layer.scope("attn_norm"), norm}),
         .qkv = Linear(attn.scope("Wqkv"),
                       {.in = size, .out = 3 * size, .bias = config.attention_bias}),
         .attn_out =
             Linear(attn.scope("Wo"), {.in = size, .out = size, .bias = config.attention_bias}),
         .mlp_norm = LayerNorm(layer.scope("mlp_norm"), norm),
         .mlp_in = Linear(mlp.scope("Wi"), {.in = size, .out = 2 * inner, .bias = config.mlp_bias}),
         .mlp_out = Linear(mlp.scope("Wo"), {.in = inner, .out = size, .bias = config.mlp_bias})});
  }
}

at::Tensor ModernBertModel::attention(const Layer& layer, const at::Tensor& x,
                                      const Sight& sight) const {
  const auto qkv = layer.qkv(x)
                       .view({x.size(0), x.size(1), 3, config_.num_attention_heads, -1})
                       .permute({2, 0, 3, 1, 4});  // [3, B, H, T, d]
  const auto rotated = [&](const at::Tensor& heads) {
    return rotate_half(heads.to(at::kFloat), sight.rotation).to(heads.scalar_type());
  };
  return layer.attn_out(attend(rotated(qkv[0]), rotated(qkv[1]), qkv[2], {.mask = sight.mask}));
}

at::Tensor ModernBertModel::forward(const at::Tensor& ids,
                                    const std::optional<at::Tensor>& mask) const {
  require(ids.dim() == 2, ErrorCode::invalid_argument, "ids must be [B, T], got {} dimensions",
          ids.dim());
  const auto positions = at::arange(ids.size(1), ids.options().dtype(at::kLong));
  const auto head_size = config_.hidden_size / config_.num_attention_heads;
  const auto rotation = [&](double theta) {
    return rotation_at(positions, rotary_frequencies(head_size, theta));
  };
  Sight global = {.rotation = rotation(config_.global_rope_theta)};
  Sight local = {.rotation = rotation(config_.local_rope_theta)};
  if (mask) {
    global.mask = key_mask(*mask);
  }
  local.mask = global.mask;
  const auto reach = config_.local_attention / 2;  // to either side, both ends included
  if (ids.size(1) > reach + 1) {
    const auto window = (positions.unsqueeze(1) - positions).abs().le(reach);  // [T, T]
    local.mask = mask ? global.mask->logical_and(window) : window;
  }

  auto x = embeddings_norm_(tok_embeddings_(ids));  // [B, T, D]
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const auto& layer = layers_[i];
    const auto& sight = config_.is_global[i] ? global : local;
    x = x + attention(layer, layer.attn_norm ? (*layer.attn_norm)(x) : x, sight);
    const auto halves = layer.mlp_in(layer.mlp_norm(x)).chunk(2, -1);
    x = x + layer.mlp_out(config_.activation(halves[0]) * halves[1]);
  }
  return final_norm_(x);
}

Encoders make_modernbert(Checkpoint& checkpoint) {
  const auto config = ModernBertConfig::parse({checkpoint.config(), checkpoint.origin()});
  auto model =
      std::make_shared<const ModernBertModel>(config, transformer_weights(checkpoint, "model"));
  return {.text = std::make_shared<const SentenceEncoder>(
              checkpoint, TextTransformer{.forward = std::bind_front(&ModernBertModel::forward,
                                                                     std::move(model)),
                                          .hidden_size = config.hidden_size,
                                          .vocab_size = config.vocab_size,
                                          .max_tokens = config.max_position_embeddings})};
}

}  // namespace ogam
