#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/nn/activation.h"
#include "core/nn/conv1d.h"
#include "core/nn/layers.h"
#include "decoders/audio/vits_config.h"

namespace ogam {

/// What the text says of its speech, token by token.
struct VitsPrior {
  at::Tensor states;         ///< [1, hidden_size, T]
  at::Tensor means;          ///< [1, flow_size, T]
  at::Tensor log_variances;  ///< [1, flow_size, T]
};

/// VITS's text encoder: a post-norm transformer whose attention knows how far apart two tokens are,
/// up to a window, and whose feed-forward layers are convolutions.
/// Names as in Hugging Face `VitsTextEncoder`. Source: Kim et al. 2021, section 2.2; relative
/// positions: Shaw et al. 2018, section 3.
class VitsTextEncoder {
 public:
  VitsTextEncoder(const VitsConfig& config, const WeightScope& weights);

  /// @param ids [T] integers, T at least 1.
  /// @throws Error{invalid_argument} for ids outside the vocabulary.
  VitsPrior forward(const at::Tensor& ids) const;

 private:
  struct Attention {
    Attention(const VitsConfig& config, const WeightScope& weights);
    at::Tensor operator()(const at::Tensor& x) const;  // [1, T, D]

    std::int64_t heads;
    std::int64_t window;
    Linear query;
    Linear key;
    Linear value;
    Linear out;
    at::Tensor key_offsets;    // [2 * window + 1, D / H]
    at::Tensor value_offsets;  // [2 * window + 1, D / H]
  };
  struct FeedForward {
    FeedForward(const VitsConfig& config, const WeightScope& weights);
    at::Tensor operator()(const at::Tensor& x) const;  // [1, T, D]

    std::int64_t kernel;
    Activation activation;
    Conv1d conv_1;
    Conv1d conv_2;
  };
  struct Layer {
    Layer(const VitsConfig& config, const WeightScope& weights);
    at::Tensor operator()(const at::Tensor& x) const;

    Attention attention;
    LayerNorm layer_norm;
    FeedForward feed_forward;
    LayerNorm final_layer_norm;
  };

  VitsConfig config_;
  Embedding embed_tokens_;
  std::vector<Layer> layers_;
  Conv1d project_;
};

}  // namespace ogam
