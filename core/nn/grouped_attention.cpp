#include "core/nn/grouped_attention.h"

#include <ATen/ATen.h>

#include "core/base/error.h"

namespace ogam {

namespace {

/// The projections of one attention block share all but their width.
Linear::Config projection(const GroupedAttention::Config& config, std::int64_t heads) {
  return {.in = config.size, .out = heads * config.head_size, .bias = config.bias};
}

/// `config` where it makes sense.
const GroupedAttention::Config& checked(const GroupedAttention::Config& config) {
  require(config.key_value_heads > 0 && config.heads % config.key_value_heads == 0,
          ErrorCode::corrupt_data,
          "{} heads of keys and values cannot serve {} heads of queries; they must divide them",
          config.key_value_heads, config.heads);
  require(config.head_size % 2 == 0, ErrorCode::corrupt_data,
          "heads of size {} have no pairs of channels to rotate", config.head_size);
  return config;
}

}  // namespace

GroupedAttention::GroupedAttention(const WeightScope& weights, const Config& config)
    : heads_(checked(config).heads),
      key_value_heads_(config.key_value_heads),
      head_size_(config.head_size),
      scale_(config.scale),
      precision_(weights.precision()),
      query_(weights.scope("q_proj"), projection(config, config.heads)),
      key_(weights.scope("k_proj"), projection(config, config.key_value_heads)),
      value_(weights.scope("v_proj"), projection(config, config.key_value_heads)),
      out_(weights.scope("o_proj"),
           {.in = config.heads * config.head_size, .out = config.size, .bias = config.out_bias}) {
  if (config.head_norms) {
    const RmsNorm::Config norm = {
        .size = config.head_size, .eps = config.eps, .centered = config.centered_norms};
    query_norm_.emplace(weights.scope("q_norm"), norm);
    key_norm_.emplace(weights.scope("k_norm"), norm);
  }
}

at::Tensor GroupedAttention::operator()(const at::Tensor& x, const CausalContext& context,
                                        KeyValueCache* cache) const {
  const auto placed = [&](at::Tensor heads, const std::optional<RmsNorm>& norm) {
    if (norm) {
      heads = (*norm)(heads);
    }
    return context.rotation ? rotate_half(heads, *context.rotation) : heads;
  };
  const auto queries = placed(split_heads(query_(x), heads_), query_norm_);
  const KeyValues memory = {placed(split_heads(key_(x), key_value_heads_), key_norm_),
                            split_heads(value_(x), key_value_heads_)};
  return out_(attend_causally(queries, memory, context, scale_, cache));
}

KeyValueCache::Config GroupedAttention::cache_config() const {
  return {.heads = key_value_heads_, .head_size = head_size_, .type = precision_};
}

}  // namespace ogam
