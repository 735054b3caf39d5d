#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

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
    at::ScalarType type = at::kFloat;  ///< of the keys and values
    std::int64_t value_size = 0;       ///< of each head of values, where it is not head_size
  };
  explicit KeyValueCache(const Config& config);

  std::int64_t length() const { return length_; }
  std::int64_t capacity() const { return storage_.keys.size(2); }

  /// Adds the keys and values [B, H, T, D / H] of new tokens and returns all that are held.
  /// @throws Error{invalid_argument} when they do not fit.
  KeyValues append(const KeyValues& added);

  /// Forgets all but the first `length` tokens.
  void truncate(std::int64_t length) { length_ = std::min(length_, length); }

  /// Makes room for `capacity` tokens in all.
  void reserve(std::int64_t capacity);

  /// Row b becomes what row `rows[b]` was; the number of rows may change. For beams that are
  /// replaced.
  ///
  /// @param rows [N] integers from 0 to B - 1; the cache has N rows afterwards.
  void select_rows(const at::Tensor& rows);

 private:
  KeyValues storage_;  // [B, H, capacity, D / H]
  std::int64_t length_ = 0;
};

/// [B, T, H * d] as [B, H, T, d].
at::Tensor split_heads(const at::Tensor& x, std::int64_t heads);

/// What limits and scales attention.
struct AttentionConfig {
  /// Which key each query sees: boolean, true where it does, or added to the scores; broadcast to
  /// [B, H, T, S]. A query that sees nothing gets zeros.
  std::optional<at::Tensor> mask = {};
  std::optional<double> scale = {};  ///< of the scores; 1 / sqrt(d) without it
  bool causal = false;               ///< query t sees keys 0 to t; not together with a mask
};

/// Scaled dot-product attention with as many or fewer heads of keys and values than of queries.
/// @param q [B, H, T, d]; @param k, v [B, G, S, d] where G divides H: a group of H / G heads shares
///     keys and values.
/// @return [B, T, H * d].
at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                  const AttentionConfig& config = {});

/// The mask [B, 1, 1, S] under which every query sees the keys that are real.
/// @param real [B, S] boolean or 0 and 1.
at::Tensor key_mask(const at::Tensor& real);

/// Multi-head attention with names as in Hugging Face: `q_proj`, `k_proj`, `v_proj`, `out_proj`.
/// Source: Vaswani et al. 2017, section 3.2.
class MultiHeadAttention {
 public:
  struct Config {
    std::int64_t size = 0;   ///< D
    std::int64_t heads = 0;  ///< H, a divisor of D
    bool key_bias = true;
    std::array<const char*, 4> names = {"q_proj", "k_proj", "v_proj", "out_proj"};
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

  /// Self-attention over `x` [B, T, D].
  /// @param mask as in AttentionConfig.
  at::Tensor operator()(const at::Tensor& x, const std::optional<at::Tensor>& mask = {}) const;

  /// The attention probabilities [B, H, T, S] from `x` [B, T, D].
  at::Tensor probabilities(const at::Tensor& x, const KeyValues& memory) const;

  std::int64_t heads() const { return heads_; }
  std::int64_t head_size() const { return head_size_; }

 private:
  std::int64_t heads_;
  std::int64_t head_size_;
  Linear query_;
  Linear key_;
  Linear value_;
  Linear out_;
};

}  // namespace ogam
