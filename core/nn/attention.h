#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/nn/layers.h"

namespace ogam {

/// What a sequence offers to be attended to. Keys and values are [B, H, S, D / H].
struct KeyValues {
  at::Tensor keys;
  at::Tensor values;
};

/// The keys and values of the tokens a decoder has seen, in room that was reserved once.
class KeyValueCache {
 public:
  struct Config {
    std::int64_t batch = 1;
    std::int64_t heads = 0;
    std::int64_t capacity = 0;  ///< tokens
    std::int64_t head_size = 0;
  };
  explicit KeyValueCache(const Config& config);

  std::int64_t length() const { return length_; }

  /// Adds the keys and values [B, H, T, D / H] of new tokens and returns all that are held.
  /// @throws Error{invalid_argument} when they do not fit.
  KeyValues append(const KeyValues& added);

  /// Row b becomes what row `rows[b]` was; the number of rows may change. For beams that are
  /// replaced.
  ///
  /// @param rows [N] integers from 0 to B - 1; the cache has N rows afterwards.
  void select_rows(const at::Tensor& rows);

 private:
  KeyValues storage_;  // [B, H, capacity, D / H]
  std::int64_t length_ = 0;
};

/// Multi-head attention with names as in Hugging Face: `q_proj`, `k_proj`, `v_proj`, `out_proj`.
/// Source: Vaswani et al. 2017, section 3.2.
class MultiHeadAttention {
 public:
  struct Config {
    std::int64_t size = 0;   ///< D
    std::int64_t heads = 0;  ///< H, a divisor of D
    bool key_bias = true;
  };
  /// @throws Error{corrupt_data} when the heads do not divide the size.
  MultiHeadAttention(const WeightScope& weights, const Config& config);

  /// Keys and values of `source` [B, S, D].
  KeyValues project(const at::Tensor& source) const;

  /// Attends from `x` [N * B, T, D] to keys and values of B sequences, N consecutive rows of `x` to
  /// each. With `causal`, N is 1 and the last T keys are those of `x` itself: no token sees a later
  /// one.
  /// @return [N * B, T, D].
  at::Tensor attend(const at::Tensor& x, const KeyValues& memory, bool causal = false) const;

  /// The attention probabilities [B, H, T, S] from `x` [B, T, D].
  at::Tensor probabilities(const at::Tensor& x, const KeyValues& memory) const;

  std::int64_t heads() const { return heads_; }
  std::int64_t head_size() const { return head_size_; }

 private:
  at::Tensor split_heads(const at::Tensor& x) const;

  std::int64_t heads_;
  std::int64_t head_size_;
  Linear query_;
  Linear key_;
  Linear value_;
  Linear out_;
};

}  // namespace ogam
