#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <variant>

#include "core/nn/causal_attention.h"
#include "core/nn/expert_mlp.h"
#include "core/nn/grouped_attention.h"
#include "core/nn/latent_attention.h"
#include "core/nn/layers.h"
#include "core/nn/mlp.h"
#include "core/tensor/checkpoint.h"

namespace ogam {

/// The names of a decoder layer's norms, null where there is none. Models differ in where they
/// stand, and give the same place different names.
struct DecoderNorms {
  const char* before_attention = nullptr;
  const char* after_attention = nullptr;
  const char* before_mlp = nullptr;
  const char* after_mlp = nullptr;
};

/// Those of Llama and Qwen, before each half of a layer.
inline constexpr DecoderNorms kPreNorms = {.before_attention = "input_layernorm",
                                           .before_mlp = "post_attention_layernorm"};

/// A layer of a causal language model: attention and an MLP, each with norms around it and added to
/// what went in.
///
/// Names: `self_attn`, `mlp`, the norms'. Source: Vaswani et al. 2017, section 3.1, without the
/// attention to an encoder; the places of norms: Kim et al. 2025, "Peri-LN", section 3.
class DecoderLayer {
 public:
  struct Config {
    std::int64_t size = 0;  ///< D
    std::variant<GroupedAttention::Config, LatentAttention::Config> attention;
    std::variant<GatedMlp::Config, ExpertMlp::Config> mlp;
    DecoderNorms norms = kPreNorms;
    double eps = 1e-6;
    bool centered_norms = false;
    double residual_multiplier = 1;  ///< of what each half adds
  };
  /// @throws Error{corrupt_data} when the sizes of a part make no sense.
  DecoderLayer(const WeightScope& weights, const Config& config);

  /// @param x [B, T, D].
  /// @param cache takes the keys and values of x; null where nothing came before and nothing will.
  /// @return [B, T, D].
  at::Tensor operator()(const at::Tensor& x, const CausalContext& context,
                        KeyValueCache* cache = nullptr) const;

  /// A cache for `batch` sequences of at most `capacity` tokens.
  KeyValueCache make_cache(std::int64_t batch, std::int64_t capacity) const;

 private:
  using Attention = std::variant<GroupedAttention, LatentAttention>;
  using AnyMlp = std::variant<GatedMlp, ExpertMlp>;

  Attention attention_;
  AnyMlp mlp_;
  std::optional<RmsNorm> before_attention_;
  std::optional<RmsNorm> after_attention_;
  std::optional<RmsNorm> before_mlp_;
  std::optional<RmsNorm> after_mlp_;
  double residual_multiplier_;
};

}  // namespace ogam
