#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

#include "core/nn/causal_attention.h"
#include "core/nn/layers.h"
#include "core/tensor/checkpoint.h"

namespace ogam {

/// The attention of most causal language models: groups of heads of queries share one of keys and
/// values, queries and keys are turned by their positions, and in some models normed before.
///
/// Names: `{q,k,v,o}_proj`, `{q,k}_norm`. Source: Ainslie et al. 2023, "GQA", section 2.2; norms:
/// Yang et al. 2025, "Qwen3 Technical Report", section 2.
class GroupedAttention {
 public:
  struct Config {
    std::int64_t size = 0;  ///< D
    std::int64_t heads = 0;
    std::int64_t key_value_heads = 0;  ///< a divisor of `heads`
    std::int64_t head_size = 0;        ///< of each head, even; heads * head_size need not be D
    bool bias = false;                 ///< of queries, keys and values
    bool out_bias = false;
    bool head_norms = false;  ///< of each head's queries and keys
    bool centered_norms = false;
    double eps = 1e-6;
    std::optional<double> scale = {};  ///< of the scores; 1 / sqrt(head_size) without it
  };
  /// @throws Error{corrupt_data} when the heads of keys and values do not divide those of queries,
  ///     or a head has no pairs of channels.
  GroupedAttention(const WeightScope& weights, const Config& config);

  /// @param x [B, T, D]; @param cache as in DecoderLayer. @return [B, T, D].
  at::Tensor operator()(const at::Tensor& x, const CausalContext& context,
                        KeyValueCache* cache) const;

  /// What a cache for these keys and values must be, without its batch and capacity.
  KeyValueCache::Config cache_config() const;

 private:
  std::int64_t heads_;
  std::int64_t key_value_heads_;
  std::int64_t head_size_;
  std::optional<double> scale_;
  at::ScalarType precision_;
  Linear query_;
  Linear key_;
  Linear value_;
  Linear out_;
  std::optional<RmsNorm> query_norm_;
  std::optional<RmsNorm> key_norm_;
};

}  // namespace ogam
