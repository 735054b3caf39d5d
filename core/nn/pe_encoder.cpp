#include "core/nn/pe_encoder.h"

#include <ATen/ATen.h>

#include <string>

#include "core/base/error.h"
#include "core/nn/attention.h"
#include "core/tensor/shape.h"

namespace ogam {
namespace {

constexpr std::int64_t kMaxWidth = 65536;
constexpr std::int64_t kMaxLayers = 512;
constexpr std::int64_t kMaxHeads = 1024;
constexpr double kMaxTheta = 1e9;
constexpr double kDefaultTheta = 20000;
constexpr double kGroupNormEps = 1e-5;  // PyTorch's default, which no configuration changes
constexpr double kHeadNormEps = 1e-6;

double read_theta(const ConfigReader& config) {
  const auto rope = config.section("rope_parameters");
  rope.demand_or_absent<std::string>("rope_type", "default");
  const auto theta = rope.number("rope_theta", 1, kMaxTheta, kDefaultTheta);
  rope.refuse_unread();
  // Where configurations of before `rope_parameters` have it.
  return config.number("rope_theta", 1, kMaxTheta, theta);
}

}  // namespace

PeEncoderConfig PeEncoderConfig::parse(const ConfigReader& config) {
  PeEncoderConfig parsed;
  parsed.hidden_size = config.size("hidden_size", kMaxWidth, 1792);
  parsed.intermediate_size = config.size("intermediate_size", kMaxWidth, 4800);
  parsed.num_hidden_layers = config.size("num_hidden_layers", kMaxLayers, 6);
  parsed.num_attention_heads = config.size("num_attention_heads", kMaxHeads, 14);
  parsed.num_key_value_heads =
      config.size("num_key_value_heads", kMaxHeads, parsed.num_attention_heads);
  parsed.head_dim = config.size("head_dim", kMaxWidth, 128);
  parsed.activation = find_activation(config.text("hidden_act", "silu"), config.origin());
  parsed.rms_norm_eps = config.number("rms_norm_eps", 0, 1, 1e-5);
  parsed.rope_theta = read_theta(config);
  config.demand_or_absent("attention_bias", false);
  // Positions are computed, not looked up: nothing depends on how many there were in training.
  config.size("max_position_embeddings", 1'000'000'000, 10000);
  require(parsed.num_attention_heads % parsed.num_key_value_heads == 0, ErrorCode::corrupt_data,
          "{}: {} heads of keys and values do not divide {} heads of queries", config.origin(),
          parsed.num_key_value_heads, parsed.num_attention_heads);
  require(parsed.head_dim % 2 == 0, ErrorCode::corrupt_data,
          "{}: \"head_dim\" is {}; rotary positions turn pairs of channels", config.origin(),
          parsed.head_dim);
  return parsed;
}

PeHead::PeHead(const WeightScope& weights, const Config& config)
    : norm_(weights.scope("layer_norm"), {.size = config.in, .eps = kHeadNormEps}),
      proj_(weights.scope("proj"), {.in = config.in, .out = config.out, .bias = false}) {}

PeEncoder::ConvBlock::ConvBlock(const WeightScope& weights, std::int64_t size)
    : norm_weight(weights.scope("groupnorm").get("weight", {size})),
      norm_bias(weights.scope("groupnorm").get("bias", {size})),
      project(weights.scope("project"), {.in = size, .out = size, .kernel = {3}, .padding = {1}}) {}

at::Tensor PeEncoder::ConvBlock::operator()(const at::Tensor& x) const {
  return project(
      at::silu(at::group_norm(x, /*num_groups=*/1, norm_weight, norm_bias, kGroupNormEps)));
}

PeEncoder::Layer::Layer(const WeightScope& weights, const PeEncoderConfig& config)
    : heads(config.num_attention_heads),
      key_heads(config.num_key_value_heads),
      input_layernorm(weights.scope("input_layernorm"),
                      {.size = config.hidden_size, .eps = config.rms_norm_eps}),
      q_proj(weights.scope("self_attn.q_proj"),
             {.in = config.hidden_size, .out = heads * config.head_dim, .bias = false}),
      k_proj(weights.scope("self_attn.k_proj"),
             {.in = config.hidden_size, .out = key_heads * config.head_dim, .bias = false}),
      v_proj(weights.scope("self_attn.v_proj"),
             {.in = config.hidden_size, .out = key_heads * config.head_dim, .bias = false}),
      o_proj(weights.scope("self_attn.o_proj"),
             {.in = heads * config.head_dim, .out = config.hidden_size, .bias = false}),
      q_norm(weights.scope("self_attn.q_norm"),
             {.size = config.head_dim, .eps = config.rms_norm_eps}),
      k_norm(weights.scope("self_attn.k_norm"),
             {.size = config.head_dim, .eps = config.rms_norm_eps}),
      post_attention_layernorm(weights.scope("post_attention_layernorm"),
                               {.size = config.hidden_size, .eps = config.rms_norm_eps}),
      mlp(weights.scope("mlp"), {.size = config.hidden_size,
                                 .intermediate = config.intermediate_size,
                                 .activation = config.activation}) {}

at::Tensor PeEncoder::Layer::attention(const at::Tensor& x, const Rotation& rotation) const {
  const auto q = rotate_adjacent(q_norm(split_heads(q_proj(x), heads)), rotation);
  const auto k = rotate_adjacent(k_norm(split_heads(k_proj(x), key_heads)), rotation);
  return o_proj(attend(q, k, split_heads(v_proj(x), key_heads)));
}

at::Tensor PeEncoder::Layer::operator()(const at::Tensor& x, const Rotation& rotation) const {
  const auto attended = x + attention(input_layernorm(x), rotation);
  return attended + mlp(post_attention_layernorm(attended));
}

PeEncoder::PeEncoder(const WeightScope& weights, const PeEncoderConfig& config)
    : config_(config),
      class_embedding_(
          weights.scope("patch_embedder").get("class_embedding", {1, 1, config.hidden_size})),
      block1_(weights.scope("patch_embedder.resnet_block.block1"), config.hidden_size),
      block2_(weights.scope("patch_embedder.resnet_block.block2"), config.hidden_size),
      norm_(weights.scope("norm"), {.size = config.hidden_size, .eps = config.rms_norm_eps}),
      output_(weights.scope("output"),
              {.in = config.hidden_size, .out = config.hidden_size, .bias = false}) {
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    layers_.emplace_back(weights.scope("layers").scope(std::to_string(i)), config);
  }
}

PeEncoder::Output PeEncoder::forward(const at::Tensor& x) const {
  require(x.dim() == 3 && x.size(1) > 0 && x.size(2) == config_.hidden_size,
          ErrorCode::invalid_argument, "a sequence must be [B, T, {}], got {}", config_.hidden_size,
          shape_string(x));
  auto states = at::cat({class_embedding_.expand({x.size(0), 1, -1}), x}, 1);
  const auto channels_first = states.transpose(1, 2);
  states = states + block2_(block1_(channels_first)).transpose(1, 2);
  const auto rotation = rotation_at(at::arange(states.size(1)),
                                    rotary_frequencies(config_.head_dim, config_.rope_theta));
  for (const auto& layer : layers_) {
    states = layer(states, rotation);
  }
  states = output_(norm_(states));
  return {states.select(1, 0), states.slice(1, 1)};
}

}  // namespace ogam
