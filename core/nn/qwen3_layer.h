#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/nn/activation.h"
#include "core/nn/attention.h"
#include "core/nn/layers.h"
#include "core/nn/mlp.h"
#include "core/nn/rope.h"
#include "core/tensor/checkpoint.h"

namespace ogam {

/// A layer of a language model of the Qwen3 kind: RMS norms before attention and MLP, normed
/// queries and keys of each head, rotary positions, fewer heads of keys and values than of queries.
///
/// Names: `input_layernorm`, `self_attn.{q,k,v,o}_proj`, `self_attn.{q,k}_norm`,
/// `post_attention_layernorm`, `mlp.{gate,up,down}_proj`. Source: Yang et al. 2025, "Qwen3
/// Technical Report", section 2; reference class `Qwen3DecoderLayer`.
class Qwen3Layer {
 public:
  struct Config {
    std::int64_t size = 0;          ///< D
    std::int64_t intermediate = 0;  ///< of the MLP
    std::int64_t heads = 0;
    std::int64_t key_value_heads = 0;  ///< a divisor of `heads`
    std::int64_t head_size = 0;        ///< of each head; heads * head_size need not be D
    Activation activation = nullptr;
    double eps = 1e-6;
    bool attention_bias = false;
  };
  /// @throws Error{corrupt_data} when the heads of keys and values do not divide those of queries.
  Qwen3Layer(const WeightScope& weights, const Config& config);

  /// @param x [B, T, D]; @param rotation [T, head_size / 2] or [B, T, head_size / 2].
  /// @param attention which key each query sees; of a cache's tokens and x's own where there is
  ///     one.
  /// @param cache takes the keys and values of x; null where nothing came before and nothing will.
  /// @return [B, T, D].
  at::Tensor operator()(const at::Tensor& x, const Rotation& rotation,
                        const AttentionConfig& attention, KeyValueCache* cache = nullptr) const;

 private:
  at::Tensor attend_to(const at::Tensor& x, const Rotation& rotation,
                       const AttentionConfig& attention, KeyValueCache* cache) const;

  std::int64_t heads_;
  std::int64_t key_value_heads_;
  RmsNorm attention_norm_;
  Linear query_;
  Linear key_;
  Linear value_;
  Linear out_;
  RmsNorm query_norm_;
  RmsNorm key_norm_;
  RmsNorm mlp_norm_;
  GatedMlp mlp_;
};

/// What causal attention of `tokens` new tokens after `before` cached ones sees: each new token the
/// cached ones, itself, and the new ones before it.
AttentionConfig causal_attention(std::int64_t tokens, std::int64_t before);

}  // namespace ogam
