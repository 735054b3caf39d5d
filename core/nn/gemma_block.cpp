#include "core/nn/gemma_block.h"

#include <ATen/ATen.h>

#include <vector>

#include "core/base/error.h"
#include "core/nn/attention.h"

namespace ogam {

namespace {

/// Turns every part of the heads [B, H, T, d] by its own rotation.
at::Tensor rotate_parts(const at::Tensor& x, std::span<const Rotation> rotations) {
  auto parts = x.chunk(static_cast<std::int64_t>(rotations.size()), -1);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i] = rotate_half(parts[i], rotations[i]);
  }
  return at::cat(parts, -1);
}

}  // namespace

GemmaAttention::GemmaAttention(const WeightScope& weights, const GemmaBlockConfig& config)
    : heads_(config.heads),
      kv_heads_(config.kv_heads),
      query_(weights.scope("q_proj"),
             {.in = config.size, .out = config.heads * config.head_size, .form = config.form}),
      key_(weights.scope("k_proj"),
           {.in = config.size, .out = config.kv_heads * config.head_size, .form = config.form}),
      value_(weights.scope("v_proj"),
             {.in = config.size, .out = config.kv_heads * config.head_size, .form = config.form}),
      out_(weights.scope("o_proj"),
           {.in = config.heads * config.head_size, .out = config.size, .form = config.form}),
      query_norm_(weights.scope("q_norm"), {.size = config.head_size, .eps = config.eps}),
      key_norm_(weights.scope("k_norm"), {.size = config.head_size, .eps = config.eps}),
      value_norm_(config.eps) {}

at::Tensor GemmaAttention::operator()(const at::Tensor& x, std::span<const Rotation> rotations,
                                      const std::optional<at::Tensor>& mask) const {
  const auto q = rotate_parts(query_norm_(split_heads(query_(x), heads_)), rotations);
  const auto k = rotate_parts(key_norm_(split_heads(key_(x), kv_heads_)), rotations);
  const auto v = value_norm_(split_heads(value_(x), kv_heads_));
  return out_(attend(q, k, v, {.mask = mask, .scale = 1.0}));
}

GemmaBlock::GemmaBlock(const WeightScope& weights, const GemmaBlockConfig& config)
    : attention_(weights.scope("self_attn"), config),
      activation_(config.activation),
      gate_(weights.scope("mlp").scope("gate_proj"),
            {.in = config.size, .out = config.intermediate, .form = config.form}),
      up_(weights.scope("mlp").scope("up_proj"),
          {.in = config.size, .out = config.intermediate, .form = config.form}),
      down_(weights.scope("mlp").scope("down_proj"),
            {.in = config.intermediate, .out = config.size, .form = config.form}),
      before_attention_(weights.scope("input_layernorm"), {.size = config.size, .eps = config.eps}),
      after_attention_(weights.scope("post_attention_layernorm"),
                       {.size = config.size, .eps = config.eps}),
      before_mlp_(weights.scope("pre_feedforward_layernorm"),
                  {.size = config.size, .eps = config.eps}),
      after_mlp_(weights.scope("post_feedforward_layernorm"),
                 {.size = config.size, .eps = config.eps}) {}

at::Tensor GemmaBlock::operator()(const at::Tensor& x, std::span<const Rotation> rotations,
                                  const std::optional<at::Tensor>& mask) const {
  const auto attended = x + after_attention_(attention_(before_attention_(x), rotations, mask));
  const auto normed = before_mlp_(attended);
  return attended + after_mlp_(down_(activation_(gate_(normed)) * up_(normed)));
}

void require_gemma_heads(const GemmaBlockConfig& config, std::int64_t coordinates,
                         const std::string& origin) {
  require(config.heads % config.kv_heads == 0, ErrorCode::corrupt_data,
          "{}: {} heads of keys and values do not divide the {} heads of queries", origin,
          config.kv_heads, config.heads);
  require(config.head_size % (2 * coordinates) == 0, ErrorCode::corrupt_data,
          "{}: heads of {} channels cannot be turned by {} coordinates; expected a multiple of {}",
          origin, config.head_size, coordinates, 2 * coordinates);
}

}  // namespace ogam
