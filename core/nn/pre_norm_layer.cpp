#include "core/nn/pre_norm_layer.h"

#include <ATen/ATen.h>

#include <string>

#include "core/base/error.h"

namespace ogam {

namespace {

constexpr std::int64_t kMaxSize = 65536;
constexpr std::int64_t kMaxLayers = 512;
constexpr std::int64_t kMaxHeads = 1024;

}  // namespace

PreNormConfig PreNormConfig::parse(const ConfigReader& reader, const Defaults& defaults) {
  const PreNormConfig parsed = {
      .hidden_size = reader.size("hidden_size", kMaxSize, defaults.hidden_size),
      .intermediate_size = reader.size("intermediate_size", kMaxSize, defaults.intermediate_size),
      .num_hidden_layers = reader.size("num_hidden_layers", kMaxLayers, defaults.num_hidden_layers),
      .num_attention_heads =
          reader.size("num_attention_heads", kMaxHeads, defaults.num_attention_heads),
      .layer_norm_eps = reader.number("layer_norm_eps", 0, 1, defaults.layer_norm_eps),
      .hidden_act =
          find_activation(reader.text("hidden_act", defaults.hidden_act), reader.origin()),
  };
  require(parsed.hidden_size % parsed.num_attention_heads == 0, ErrorCode::corrupt_data,
          "{}: {} attention heads do not divide hidden_size {}", reader.origin(),
          parsed.num_attention_heads, parsed.hidden_size);
  return parsed;
}

PreNormLayer::PreNormLayer(const WeightScope& weights, const PreNormConfig& config)
    : layer_norm1_(weights.scope("layer_norm1"),
                   {.size = config.hidden_size, .eps = config.layer_norm_eps}),
      self_attn_(weights.scope("self_attn"),
                 {.size = config.hidden_size, .heads = config.num_attention_heads}),
      layer_norm2_(weights.scope("layer_norm2"),
                   {.size = config.hidden_size, .eps = config.layer_norm_eps}),
      mlp_(weights.scope("mlp"), {.size = config.hidden_size,
                                  .intermediate = config.intermediate_size,
                                  .activation = config.hidden_act}) {}

at::Tensor PreNormLayer::operator()(const at::Tensor& x,
                                    const std::optional<at::Tensor>& mask) const {
  const auto attended = x + self_attn_(layer_norm1_(x), mask);
  return attended + mlp_(layer_norm2_(attended));
}

PreNormEncoder::PreNormEncoder(const WeightScope& weights, const PreNormConfig& config) {
  const auto layers = weights.scope("layers");
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    layers_.emplace_back(layers.scope(std::to_string(i)), config);
  }
}

at::Tensor PreNormEncoder::operator()(at::Tensor x, const std::optional<at::Tensor>& mask) const {
  for (const auto& layer : layers_) {
    x = layer(x, mask);
  }
  return x;
}

}  // namespace ogam
