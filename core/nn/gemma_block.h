#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>

#include "core/nn/activation.h"
#include "core/nn/clippable_linear.h"
#include "core/nn/layers.h"
#include "core/nn/rope.h"

namespace ogam {

/// The sizes and functions of a GemmaBlock.
struct GemmaBlockConfig {
  std::int64_t size = 0;          ///< D, of what goes in and comes out
  std::int64_t intermediate = 0;  ///< between the layers of the MLP
  std::int64_t heads = 0;         ///< H
  std::int64_t kv_heads = 0;      ///< G, a divisor of H
  std::int64_t head_size = 0;     ///< d, of any size
  double eps = 1e-6;
  Activation activation = nullptr;
  LinearForm form = LinearForm::plain;  ///< of all linear layers
};

/// Attention in which queries, keys and values are normalised head by head (the values without a
/// weight) and scores are not scaled. Source: the reference classes EmbeddingGemma2Attention and
/// Gemma4VisionAttention. Names: `q_proj`, `k_proj`, `v_proj`, `o_proj`, `q_norm`, `k_norm`.
class GemmaAttention {
 public:
  GemmaAttention(const WeightScope& weights, const GemmaBlockConfig& config);

  /// @param x, mask, rotations as in GemmaBlock.
  at::Tensor operator()(const at::Tensor& x, std::span<const Rotation> rotations,
                        const std::optional<at::Tensor>& mask) const;

 private:
  std::int64_t heads_;
  std::int64_t kv_heads_;
  ClippableLinear query_;
  ClippableLinear key_;
  ClippableLinear value_;
  ClippableLinear out_;
  RmsNorm query_norm_;
  RmsNorm key_norm_;
  RmsNorm value_norm_;
};

/// The transformer layer of Gemma 4's bidirectional encoders: attention and a gated MLP, each
/// between two norms. Source: the reference classes EmbeddingGemma2EncoderLayer and
/// Gemma4VisionEncoderLayer. Names: `self_attn`, `mlp.{gate,up,down}_proj`, `input_layernorm`,
/// `post_attention_layernorm`, `pre_feedforward_layernorm`, `post_feedforward_layernorm`.
class GemmaBlock {
 public:
  GemmaBlock(const WeightScope& weights, const GemmaBlockConfig& config);

  /// @param x [B, T, D].
  /// @param rotations as many as a token has coordinates, each [T, d / 2 / count] or
  ///     [B, T, d / 2 / count]: the channels of a head are split evenly, and each part is turned by
  ///     its own.
  /// @param mask as in AttentionConfig.
  /// @return [B, T, D].
  at::Tensor operator()(const at::Tensor& x, std::span<const Rotation> rotations,
                        const std::optional<at::Tensor>& mask) const;

 private:
  GemmaAttention attention_;
  Activation activation_;
  ClippableLinear gate_;
  ClippableLinear up_;
  ClippableLinear down_;
  RmsNorm before_attention_;
  RmsNorm after_attention_;
  RmsNorm before_mlp_;
  RmsNorm after_mlp_;
};

/// @throws Error{corrupt_data} naming `origin` unless the heads of keys and values divide those of
///     queries and `head_size` is a multiple of twice the number of coordinates of a token.
void require_gemma_heads(const GemmaBlockConfig& config, std::int64_t coordinates,
                         const std::string& origin);

}  // namespace ogam
