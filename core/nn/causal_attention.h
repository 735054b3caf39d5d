#pragma once

#include <cstdint>
#include <optional>

#include "core/nn/attention.h"
#include "core/nn/rope.h"

namespace ogam {

/// What the attention of a causal language model is given besides the tokens.
struct CausalContext {
  /// Of the new tokens: [T, d / 2] or [B, T, d / 2]; without one, queries and keys are not turned.
  std::optional<Rotation> rotation = {};
  /// Which key each new token sees: of a cache's tokens and of the new ones, from `first_key` on.
  AttentionConfig attention = {};
  /// No new token sees an earlier key: with a window, most of a long sequence.
  std::int64_t first_key = 0;
};

/// What causal attention of `tokens` new tokens after `before` cached ones sees: each new token the
/// cached ones, itself, and the new ones before it.
/// @param window how many tokens a token sees, itself among them; all of them without one.
/// @return a context without rotation.
CausalContext causal_context(std::int64_t tokens, std::int64_t before,
                             std::optional<std::int64_t> window = {});

/// Attention of `queries` [B, H, T, d] to `memory`, which a cache's tokens come before.
/// @param scale of the scores; 1 / sqrt(d) without it.
/// @param cache takes the memory; null where nothing came before and nothing will.
/// @return [B, T, H * d of a value].
at::Tensor attend_causally(const at::Tensor& queries, KeyValues memory,
                           const CausalContext& context, std::optional<double> scale,
                           KeyValueCache* cache);

}  // namespace ogam
