#include "core/nn/qwen3_layer.h"

#include <ATen/ATen.h>

#include "core/base/error.h"

namespace ogam {

namespace {

/// The layers of one attention block's projections share all but their width.
Linear::Config projection(const Qwen3Layer::Config& config, std::int64_t heads) {
  return {.in = config.size, .out = heads * config.head_size, .bias = config.attention_bias};
}

/// `config` where it makes sense.
const Qwen3Layer::Config& checked(const Qwen3Layer::Config& config) {
  require(config.key_value_heads > 0 && config.heads % config.key_value_heads == 0,
          ErrorCode::corrupt_data,
          "{} heads of keys and values cannot serve {} heads of queries; they must divide them",
          config.key_value_heads, config.heads);
  require(config.head_size % 2 == 0, ErrorCode::corrupt_data,
          "heads of size {} have no pairs of channels to rotate", config.head_size);
  return config;
}

}  // namespace

Qwen3Layer::Qwen3Layer(const WeightScope& weights, const Config& config)
    : heads_(checked(config).heads),
      key_value_heads_(config.key_value_heads),
      attention_norm_(weights.scope("input_layernorm"), {.size = config.size, .eps = config.eps}),
      query_(weights.scope("self_attn.q_proj"), projection(config, config.heads)),
      key_(weights.scope("self_attn.k_proj"), projection(config, config.key_value_heads)),
      value_(weights.scope("self_attn.v_proj"), projection(config, config.key_value_heads)),
      out_(weights.scope("self_attn.o_proj"), {.in = config.heads * config.head_size,
                                               .out = config.size,
                                               .bias = config.attention_bias}),
      query_norm_(weights.scope("self_attn.q_norm"), {.size = config.head_size, .eps = config.eps}),
      key_norm_(weights.scope("self_attn.k_norm"), {.size = config.head_size, .eps = config.eps}),
      mlp_norm_(weights.scope("post_attention_layernorm"),
                {.size = config.size, .eps = config.eps}),
      mlp_(weights.scope("mlp"), {.size = config.size,
                                  .intermediate = config.intermediate,
                                  .activation = config.activation}) {}

at::Tensor Qwen3Layer::operator()(const at::Tensor& x, const Rotation& rotation,
                                  const AttentionConfig& attention, KeyValueCache* cache) const {
  const auto seen = x + attend_to(attention_norm_(x), rotation, attention, cache);
  return seen + mlp_(mlp_norm_(seen));
}

at::Tensor Qwen3Layer::attend_to(const at::Tensor& x, const Rotation& rotation,
                                 const AttentionConfig& attention, KeyValueCache* cache) const {
  const auto queries = rotate_half(query_norm_(split_heads(query_(x), heads_)), rotation);
  KeyValues memory = {rotate_half(key_norm_(split_heads(key_(x), key_value_heads_)), rotation),
                      split_heads(value_(x), key_value_heads_)};
  if (cache != nullptr) {
    memory = cache->append(memory);
  }
  return out_(attend(queries, memory.keys, memory.values, attention));
}

AttentionConfig causal_attention(std::int64_t tokens, std::int64_t before) {
  if (tokens == 1) {
    return {};
  }
  if (before == 0) {
    return {.causal = true};
  }
  return {.mask = at::ones({tokens, before + tokens}, at::kBool).tril(before)};
}

}  // namespace ogam
