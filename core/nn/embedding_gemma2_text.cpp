#include "core/nn/embedding_gemma2_text.h"

#include <ATen/ATen.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/nn/attention.h"
#include "core/tensor/shape.h"

namespace ogam {

namespace {

constexpr std::int64_t kMaxSize = 1 << 16;
constexpr std::int64_t kMaxLayers = 1024;
constexpr std::int64_t kMaxTokens = 1 << 22;
constexpr double kMaxTheta = 1e12;

using Attention = EmbeddingGemma2TextConfig::Attention;

/// Which layers are sliding. The last never is.
std::vector<bool> parse_layer_kinds(const ConfigReader& config) {
  const auto count = config.size("num_hidden_layers", kMaxLayers, 24);
  const auto pattern = config.size("sliding_window_pattern", kMaxLayers, 6);
  std::vector<bool> sliding;
  if (config.has("layer_types")) {
    const auto kinds = config.texts("layer_types", kMaxLayers);
    require(std::cmp_equal(kinds.size(), count), ErrorCode::corrupt_data,
            "{}: \"layer_types\" names {} layers of {}", config.origin(), kinds.size(), count);
    for (const auto& kind : kinds) {
      require(kind == "sliding_attention" || kind == "full_attention", ErrorCode::unsupported,
              "{}: there is no layer of type '{}'; there are: full_attention, sliding_attention",
              config.origin(), kind);
      sliding.push_back(kind == "sliding_attention");
    }
  } else {
    for (std::int64_t i = 1; i <= count; ++i) {
      sliding.push_back(i % pattern != 0);
    }
  }
  sliding.back() = false;
  return sliding;
}

/// The heads of every layer: those of `base`, changed by "per_layer_config".
std::vector<Attention> parse_layer_heads(const ConfigReader& config, const Attention& base,
                                         std::size_t layers) {
  std::vector<Attention> heads(layers, base);
  const auto changes = config.section("per_layer_config");
  for (const auto& [key, value] : changes.json().items()) {
    std::size_t layer = layers;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), layer);
    require(error == std::errc() && end == key.data() + key.size() && layer < layers,
            ErrorCode::corrupt_data, "{}: '{}' is no layer from 0 to {}", changes.origin(), key,
            layers - 1);
    const auto change = changes.section(key);
    heads[layer].head_dim = change.size("head_dim", kMaxSize, base.head_dim);
    heads[layer].num_key_value_heads =
        change.size("num_key_value_heads", kMaxSize, base.num_key_value_heads);
    change.refuse_unread();
  }
  return heads;
}

/// What the layers of one kind have in common; `base` where there are none.
/// @throws Error{unsupported} when their heads differ.
Attention common_heads(const ConfigReader& config, const std::vector<Attention>& heads,
                       const std::vector<bool>& sliding, bool kind, const Attention& base) {
  std::optional<Attention> common;
  for (std::size_t i = 0; i < heads.size(); ++i) {
    if (sliding[i] != kind) {
      continue;
    }
    common = common.value_or(heads[i]);
    require(heads[i].head_dim == common->head_dim &&
                heads[i].num_key_value_heads == common->num_key_value_heads,
            ErrorCode::unsupported, "{}: layer {} has other heads than others of its type",
            config.origin(), i);
  }
  return common.value_or(base);
}

double parse_theta(const ConfigReader& config, const std::string& kind, double fallback) {
  const auto all = config.section("rope_parameters");
  if (!all.has(kind)) {
    require(!config.has("rope_parameters"), ErrorCode::corrupt_data, "{}: \"{}\" is missing",
            all.origin(), kind);
    return fallback;
  }
  const auto parameters = all.section(kind);
  parameters.demand_or_absent("rope_type", std::string("default"));
  const auto theta = parameters.number("rope_theta", 1, kMaxTheta);
  parameters.refuse_unread();
  return theta;
}

GemmaBlockConfig block_config(const EmbeddingGemma2TextConfig& config, const Attention& attention) {
  return {.size = config.hidden_size,
          .intermediate = config.intermediate_size,
          .heads = config.num_attention_heads,
          .kv_heads = attention.num_key_value_heads,
          .head_size = attention.head_dim,
          .eps = config.rms_norm_eps,
          .activation = config.activation};
}

}  // namespace

EmbeddingGemma2TextConfig EmbeddingGemma2TextConfig::parse(const ConfigReader& config) {
  EmbeddingGemma2TextConfig parsed;
  config.demand_or_absent("model_type", std::string("embedding_gemma2_text"));
  parsed.vocab_size = config.size("vocab_size", kMaxTokens, 262144);
  parsed.hidden_size = config.size("hidden_size", kMaxSize, 512);
  parsed.intermediate_size = config.size("intermediate_size", kMaxSize, 2048);
  parsed.num_attention_heads = config.size("num_attention_heads", kMaxSize, 4);
  parsed.hidden_size_per_layer_input = config.size("hidden_size_per_layer_input", kMaxSize, 512);
  parsed.embedding_dim = config.size("embedding_dim", kMaxSize, 768);
  parsed.max_position_embeddings = config.size("max_position_embeddings", kMaxTokens, 262144);
  parsed.sliding_window = config.size("sliding_window", kMaxTokens, 512);
  parsed.rms_norm_eps = config.number("rms_norm_eps", 0, 1, 1e-6);
  parsed.activation =
      find_activation(config.text("hidden_activation", "gelu_pytorch_tanh"), config.origin());
  config.demand_or_absent("attention_bias", false);

  parsed.is_sliding = parse_layer_kinds(config);
  const Attention base{.head_dim = config.size("head_dim", kMaxSize, 256),
                       .num_key_value_heads = config.size("num_key_value_heads", kMaxSize, 2)};
  const Attention global{
      .head_dim = config.size("global_head_dim", kMaxSize, 512),
      .num_key_value_heads = config.size("num_global_key_value_heads", kMaxSize, 1)};
  parsed.sliding = base;
  parsed.full = global;
  if (config.has("per_layer_config")) {
    const auto heads = parse_layer_heads(config, base, parsed.is_sliding.size());
    parsed.sliding = common_heads(config, heads, parsed.is_sliding, true, base);
    parsed.full = common_heads(config, heads, parsed.is_sliding, false, base);
  }
  parsed.sliding.rope_theta = parse_theta(config, "sliding_attention", 1e4);
  parsed.full.rope_theta = parse_theta(config, "full_attention", 1e6);
  for (const auto& attention : {parsed.sliding, parsed.full}) {
    require_gemma_heads(block_config(parsed, attention), /*coordinates=*/1, config.origin());
  }
  config.refuse_unread({"rope_parameters"});
  return parsed;
}

EmbeddingGemma2Text::EmbeddingGemma2Text(const EmbeddingGemma2TextConfig& config,
                                         const WeightScope& weights)
    : config_(config),
      precision_(weights.precision()),
      table_(weights.scope("embed_tokens")
                 .get_stored("weight", {config.vocab_size, config.hidden_size})),
      layer_input_projection_(
          weights.scope("ple").scope("per_layer_model_projection"),
          {.in = config.hidden_size,
           .out = std::ssize(config.is_sliding) * config.hidden_size_per_layer_input,
           .bias = false}),
      layer_input_norm_(weights.scope("ple").scope("per_layer_projection_norm"),
                        {.size = config.hidden_size_per_layer_input, .eps = config.rms_norm_eps}),
      norm_(weights.scope("norm"), {.size = config.hidden_size, .eps = config.rms_norm_eps}),
      embedding_projection_(weights.scope("embedding_projection"),
                            {.in = config.hidden_size, .out = config.embedding_dim, .bias = false}),
      sliding_frequencies_(rotary_frequencies(config.sliding.head_dim, config.sliding.rope_theta)),
      full_frequencies_(rotary_frequencies(config.full.head_dim, config.full.rope_theta)) {
  for (std::size_t i = 0; i < config.is_sliding.size(); ++i) {
    const auto scope = weights.scope("layers").scope(std::to_string(i));
    const auto ple = scope.scope("ple_block");
    const auto hidden = config.hidden_size;
    const auto input = config.hidden_size_per_layer_input;
    layers_.push_back(
        {.block = {scope,
                   block_config(config, config.is_sliding[i] ? config.sliding : config.full)},
         .gate = {ple.scope("per_layer_input_gate"), {.in = hidden, .out = input, .bias = false}},
         .projection = {ple.scope("per_layer_projection"),
                        {.in = input, .out = hidden, .bias = false}},
         .norm = {ple.scope("post_per_layer_input_norm"),
                  {.size = hidden, .eps = config.rms_norm_eps}},
         .scalar = scope.get("layer_scalar", {1})});
  }
}

at::Tensor EmbeddingGemma2Text::embed(const at::Tensor& ids) const {
  const auto flat = ids.flatten();
  if (flat.numel() > 0) {
    const auto lowest = flat.min().item<std::int64_t>();
    const auto highest = flat.max().item<std::int64_t>();
    require(lowest >= 0 && highest < config_.vocab_size, ErrorCode::invalid_argument,
            "ids from {} to {} in a vocabulary of {}", lowest, highest, config_.vocab_size);
  }
  auto shape = ids.sizes().vec();
  shape.push_back(config_.hidden_size);
  // The scale is rounded to the precision too, as in training.
  const auto scale = at::full({}, std::sqrt(static_cast<double>(config_.hidden_size)), at::kFloat);
  return table_.index_select(0, flat).to(precision_).view(shape) * scale.to(precision_);
}

at::Tensor EmbeddingGemma2Text::layer_inputs(const at::Tensor& embeddings) const {
  const auto scale = 1.0 / std::sqrt(static_cast<double>(config_.hidden_size));
  const auto projected = layer_input_projection_(embeddings) * scale;
  return layer_input_norm_(
      projected.view({embeddings.size(0), embeddings.size(1), std::ssize(layers_),
                      config_.hidden_size_per_layer_input}));
}

EmbeddingGemma2Text::Output EmbeddingGemma2Text::forward(const at::Tensor& embeddings,
                                                         const at::Tensor& real) const {
  require(embeddings.dim() == 3 && embeddings.size(2) == config_.hidden_size &&
              embeddings.size(1) <= config_.max_position_embeddings,
          ErrorCode::invalid_argument, "embeddings must be [B, T <= {}, {}], got {}",
          config_.max_position_embeddings, config_.hidden_size, shape_string(embeddings));
  require(real.dim() == 2 && real.scalar_type() == at::kBool &&
              real.sizes() == embeddings.sizes().slice(0, 2) && real.any(-1).all().item<bool>(),
          ErrorCode::invalid_argument,
          "the mask of embeddings {} must be boolean [B, T] with a real token in every row",
          shape_string(embeddings));
  auto x = embeddings.to(precision_);
  const auto inputs = layer_inputs(x);

  // No mask at all where everything is seen: that is the fastest.
  std::optional<at::Tensor> full_mask;
  if (!real.all().item<bool>()) {
    full_mask = key_mask(real);  // [B, 1, 1, T]
  }
  const auto positions = at::arange(embeddings.size(1), at::kLong);
  auto sliding_mask = full_mask;
  if (embeddings.size(1) > config_.sliding_window + 1) {
    const auto distance = (positions.unsqueeze(1) - positions).abs();
    const auto near = distance <= config_.sliding_window;  // [T, T]
    sliding_mask = full_mask ? near.logical_and(*full_mask) : near;
  }
  const std::array sliding_rotation = {rotation_at(positions, sliding_frequencies_)};
  const std::array full_rotation = {rotation_at(positions, full_frequencies_)};

  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    const bool sliding = config_.is_sliding[i];
    x = layer.block(x, sliding ? sliding_rotation : full_rotation,
                    sliding ? sliding_mask : full_mask);
    const auto gate =
        config_.activation(layer.gate(x)) * inputs.select(2, static_cast<std::int64_t>(i));
    x = (x + layer.norm(layer.projection(gate))) * layer.scalar;
  }
  const auto tokens = embedding_projection_(norm_(x));
  const auto weights = real.to(at::kFloat).unsqueeze(-1);  // [B, T, 1]
  return {.tokens = tokens, .pooled = (tokens.to(at::kFloat) * weights).sum(1) / weights.sum(1)};
}

}  // namespace ogam
