#include "core/nn/latent_attention.h"

#include <ATen/ATen.h>

#include "core/base/error.h"

namespace ogam {

namespace {

// Of the norms of latent vectors, whatever the model's other norms have.
constexpr double kLatentEps = 1e-6;

/// `config` where it makes sense.
const LatentAttention::Config& checked(const LatentAttention::Config& config) {
  require(config.rotary_size % 2 == 0, ErrorCode::corrupt_data,
          "heads of {} rotary channels have no pairs of channels to rotate", config.rotary_size);
  return config;
}

}  // namespace

LatentAttention::LatentAttention(const WeightScope& weights, const Config& config)
    : config_(checked(config)),
      precision_(weights.precision()),
      query_down_(weights.scope("q_a_proj"),
                  {.in = config.size, .out = config.query_rank, .bias = config.bias}),
      query_norm_(weights.scope("q_a_layernorm"), {.size = config.query_rank, .eps = kLatentEps}),
      query_up_(weights.scope("q_b_proj"),
                {.in = config.query_rank,
                 .out = config.heads * (config.plain_size + config.rotary_size),
                 .bias = false}),
      key_value_down_(weights.scope("kv_a_proj_with_mqa"),
                      {.in = config.size,
                       .out = config.key_value_rank + config.rotary_size,
                       .bias = config.bias}),
      key_value_norm_(weights.scope("kv_a_layernorm"),
                      {.size = config.key_value_rank, .eps = kLatentEps}),
      key_value_up_(weights.scope("kv_b_proj"),
                    {.in = config.key_value_rank,
                     .out = config.heads * (config.plain_size + config.value_size),
                     .bias = false}),
      out_(weights.scope("o_proj"),
           {.in = config.heads * config.value_size, .out = config.size, .bias = config.bias}) {}

at::Tensor LatentAttention::turned(const at::Tensor& heads, const CausalContext& context) const {
  if (!context.rotation) {
    return heads;
  }
  return config_.adjacent_pairs ? rotate_adjacent(heads, *context.rotation)
                                : rotate_half(heads, *context.rotation);
}

at::Tensor LatentAttention::operator()(const at::Tensor& x, const CausalContext& context,
                                       KeyValueCache* cache) const {
  const auto queries = split_heads(query_up_(query_norm_(query_down_(x))), config_.heads)
                           .split_with_sizes({config_.plain_size, config_.rotary_size}, -1);
  const auto latent =
      key_value_down_(x).split_with_sizes({config_.key_value_rank, config_.rotary_size}, -1);
  const auto made = split_heads(key_value_up_(key_value_norm_(latent[0])), config_.heads)
                        .split_with_sizes({config_.plain_size, config_.value_size}, -1);
  const auto shared = turned(latent[1].unsqueeze(1), context);  // [B, 1, T, rotary_size]
  const KeyValues memory = {at::cat({made[0], shared.expand({-1, config_.heads, -1, -1})}, -1),
                            made[1]};
  const auto turned_queries = at::cat({queries[0], turned(queries[1], context)}, -1);
  return out_(attend_causally(turned_queries, memory, context, config_.scale, cache));
}

KeyValueCache::Config LatentAttention::cache_config() const {
  return {.heads = config_.heads,
          .head_size = config_.plain_size + config_.rotary_size,
          .type = precision_,
          .value_size = config_.value_size};
}

}  // namespace ogam
