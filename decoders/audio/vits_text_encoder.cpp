#include "decoders/audio/vits_text_encoder.h"

#include <ATen/ATen.h>

#include <cmath>
#include <string>

#include "core/base/error.h"
#include "core/nn/attention.h"
#include "core/tensor/shape.h"

namespace ogam {
namespace {

/// Which of the 2 * window + 1 offsets lead where, and which of them do.
struct Offsets {
  at::Tensor index;  // integers within range, also where they mean nothing
  at::Tensor valid;  // booleans
};

/// [T, T]: the offset from query t to key s, as an index.
Offsets offsets_of_keys(std::int64_t length, std::int64_t window) {
  const auto place = at::arange(length, at::kLong);
  const auto offset = place.unsqueeze(0) - place.unsqueeze(1) + window;
  return {offset.clamp(0, 2 * window), offset.ge(0).logical_and(offset.le(2 * window))};
}

/// [T, 2 * window + 1]: the key that lies at each offset from query t.
Offsets keys_at_offsets(std::int64_t length, std::int64_t window) {
  const auto key =
      at::arange(length, at::kLong).unsqueeze(1) + at::arange(-window, window + 1, at::kLong);
  return {key.clamp(0, length - 1), key.ge(0).logical_and(key.lt(length))};
}

at::Tensor gather(const at::Tensor& x, const Offsets& offsets) {
  auto shape = x.sizes().vec();
  shape.back() = offsets.index.size(1);
  return x.gather(-1, offsets.index.expand(shape)).masked_fill(offsets.valid.logical_not(), 0);
}

Conv1d::Config feed_forward_conv(const VitsConfig& config, std::int64_t in, std::int64_t out) {
  return {.in = in, .out = out, .kernel = config.ffn_kernel_size};
}

}  // namespace

VitsTextEncoder::Attention::Attention(const VitsConfig& config, const WeightScope& weights)
    : heads(config.num_attention_heads),
      window(config.window_size),
      query(weights.scope("q_proj"),
            {.in = config.hidden_size, .out = config.hidden_size, .bias = config.use_bias}),
      key(weights.scope("k_proj"),
          {.in = config.hidden_size, .out = config.hidden_size, .bias = config.use_bias}),
      value(weights.scope("v_proj"),
            {.in = config.hidden_size, .out = config.hidden_size, .bias = config.use_bias}),
      out(weights.scope("out_proj"),
          {.in = config.hidden_size, .out = config.hidden_size, .bias = config.use_bias}) {
  const auto size = config.hidden_size / heads;
  key_offsets = weights.get("emb_rel_k", {1, 2 * window + 1, size}).squeeze(0);
  value_offsets = weights.get("emb_rel_v", {1, 2 * window + 1, size}).squeeze(0);
}

at::Tensor VitsTextEncoder::Attention::operator()(const at::Tensor& x) const {
  const auto length = x.size(1);
  const auto q = split_heads(query(x), heads) / std::sqrt(key_offsets.size(1));  // [1, H, T, d]
  const auto k = split_heads(key(x), heads);
  const auto v = split_heads(value(x), heads);
  const auto by_offset = q.matmul(key_offsets.t());  // [1, H, T, 2w + 1]
  const auto scores =
      q.matmul(k.transpose(-2, -1)) + gather(by_offset, offsets_of_keys(length, window));
  const auto shares = scores.softmax(-1);                             // [1, H, T, T]
  const auto near = gather(shares, keys_at_offsets(length, window));  // [1, H, T, 2w + 1]
  const auto attended = shares.matmul(v) + near.matmul(value_offsets);
  return out(attended.transpose(1, 2).flatten(2));
}

VitsTextEncoder::FeedForward::FeedForward(const VitsConfig& config, const WeightScope& weights)
    : kernel(config.ffn_kernel_size),
      activation(find_activation(config.hidden_act, "config.json")),
      conv_1(weights.scope("conv_1"),
             feed_forward_conv(config, config.hidden_size, config.ffn_dim)),
      conv_2(weights.scope("conv_2"),
             feed_forward_conv(config, config.ffn_dim, config.hidden_size)) {}

at::Tensor VitsTextEncoder::FeedForward::operator()(const at::Tensor& x) const {
  const auto pad = [&](const at::Tensor& states) {
    return at::constant_pad_nd(states, {(kernel - 1) / 2, kernel / 2});
  };
  const auto hidden = activation(conv_1(pad(x.transpose(1, 2))));
  return conv_2(pad(hidden)).transpose(1, 2);
}

VitsTextEncoder::Layer::Layer(const VitsConfig& config, const WeightScope& weights)
    : attention(config, weights.scope("attention")),
      layer_norm(weights.scope("layer_norm"),
                 {.size = config.hidden_size, .eps = config.layer_norm_eps}),
      feed_forward(config, weights.scope("feed_forward")),
      final_layer_norm(weights.scope("final_layer_norm"),
                       {.size = config.hidden_size, .eps = config.layer_norm_eps}) {}

at::Tensor VitsTextEncoder::Layer::operator()(const at::Tensor& x) const {
  const auto states = layer_norm(x + attention(x));
  return final_layer_norm(states + feed_forward(states));
}

VitsTextEncoder::VitsTextEncoder(const VitsConfig& config, const WeightScope& weights)
    : config_(config),
      embed_tokens_(weights.scope("embed_tokens"),
                    {.count = config.vocab_size, .size = config.hidden_size}),
      project_(weights.scope("project"), {.in = config.hidden_size, .out = 2 * config.flow_size}) {
  const auto layers = weights.scope("encoder").scope("layers");
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    layers_.emplace_back(config, layers.scope(std::to_string(i)));
  }
}

VitsPrior VitsTextEncoder::forward(const at::Tensor& ids) const {
  require(ids.dim() == 1 && ids.size(0) > 0, ErrorCode::invalid_argument,
          "a text must be [T] ids, at least one, got {}", shape_string(ids));
  auto x = embed_tokens_(ids).unsqueeze(0) * std::sqrt(static_cast<double>(config_.hidden_size));
  for (const auto& layer : layers_) {
    x = layer(x);
  }
  const auto states = x.transpose(1, 2).contiguous();  // [1, D, T]
  const auto stats = project_(states).split(config_.flow_size, 1);
  return {states, stats[0], stats[1]};
}

}  // namespace ogam
