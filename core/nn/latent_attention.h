#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "core/nn/causal_attention.h"
#include "core/nn/layers.h"
#include "core/tensor/checkpoint.h"

namespace ogam {

/// Multi-head latent attention: queries, keys and values are made of normed latent vectors of small
/// size. A head's queries and keys are in two parts: one without positions, and one that is turned
/// by them, of which all heads share that of the keys.
///
/// The cache holds the keys and values of all heads, not the latent vectors that they are made of:
/// larger, and not to be made again at every step.
///
/// Names: `q_a_proj`, `q_a_layernorm`, `q_b_proj`, `kv_a_proj_with_mqa`, `kv_a_layernorm`,
/// `kv_b_proj`, `o_proj`. Source: DeepSeek-AI 2024, "DeepSeek-V2", section 2.1.
class LatentAttention {
 public:
  struct Config {
    std::int64_t size = 0;  ///< D
    std::int64_t heads = 0;
    std::int64_t query_rank = 0;      ///< of the latent vectors of queries
    std::int64_t key_value_rank = 0;  ///< of those of keys and values
    std::int64_t plain_size = 0;      ///< of the part of a head without positions
    std::int64_t rotary_size = 0;     ///< of the part that is turned, even
    std::int64_t value_size = 0;      ///< of a head's values
    bool adjacent_pairs =
        true;           ///< channels are turned in pairs (2 i, 2 i + 1), not (i, i + d / 2)
    bool bias = false;  ///< of what makes the latent vectors, and of the output
    double scale = 0;   ///< of the scores
  };
  /// @throws Error{corrupt_data} when the rotary part has no pairs of channels.
  LatentAttention(const WeightScope& weights, const Config& config);

  /// @param x [B, T, D]; @param cache as in DecoderLayer. @return [B, T, D].
  at::Tensor operator()(const at::Tensor& x, const CausalContext& context,
                        KeyValueCache* cache) const;

  /// What a cache for these keys and values must be, without its batch and capacity.
  KeyValueCache::Config cache_config() const;

 private:
  at::Tensor turned(const at::Tensor& heads, const CausalContext& context) const;

  Config config_;
  at::ScalarType precision_;
  Linear query_down_;
  RmsNorm query_norm_;
  Linear query_up_;
  Linear key_value_down_;
  RmsNorm key_value_norm_;
  Linear key_value_up_;
  Linear out_;
};

}  // namespace ogam
