#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/nn/attention.h"
#include "core/nn/config_reader.h"
#include "core/nn/layers.h"
#include "core/nn/mlp.h"
#include "core/nn/pre_norm_layer.h"
#include "core/tensor/checkpoint.h"
#include "encoders/encoder.h"
#include "encoders/image/image_processor.h"
#include "encoders/image/vision_tower.h"

namespace ogam {

/// DINOv2, with or without registers: a vision transformer that learned from pictures alone. Good
/// for pictures of the same thing, of which no words are known.
///
/// Output: `embedding` [N, hidden_size], the class token. Positions are stretched to the size of
/// the picture. Source: Dinov2Model, Dinov2WithRegistersModel; Oquab et al. 2023; Darcet et al.
/// 2023.
class Dinov2 : public ImageEncoder {
 public:
  struct Config {
    PreNormConfig layers;
    PatchGridConfig patches;
    bool use_swiglu_ffn = false;
    std::int64_t num_register_tokens = 0;
    bool antialias = false;  ///< of positions that are stretched

    /// The width of the gated MLP: two thirds of the plain one's, up to a multiple of 8.
    std::int64_t swiglu_size() const;

    /// @throws Error{corrupt_data, unsupported}.
    static Config parse(const ConfigReader& reader);
  };

  Dinov2(const WeightScope& weights, const Config& config, ImageProcessor processor);

  std::vector<EncoderOutputInfo> outputs() const override;
  std::vector<EncoderOutput> encode(std::span<const Image> images) const override;

  /// @param pixels [N, 3, H, W], normalised, with at least one patch a side.
  /// @return [N, hidden_size], not normalised.
  at::Tensor embed(const at::Tensor& pixels) const;

 private:
  /// Two halves of one product, the first of which gates the second.
  class SwiGlu {
   public:
    SwiGlu(const WeightScope& weights, const Config& config);
    at::Tensor operator()(const at::Tensor& x) const;

   private:
    Linear weights_in_;
    Linear weights_out_;
  };

  /// A pre-norm layer that scales what it adds.
  struct Layer {
    Layer(const WeightScope& weights, const Config& config);
    at::Tensor operator()(const at::Tensor& x) const;

    LayerNorm norm1;
    MultiHeadAttention attention;
    at::Tensor layer_scale1;  // [D]
    LayerNorm norm2;
    std::function<at::Tensor(const at::Tensor&)> mlp;  // an Mlp or a SwiGlu
    at::Tensor layer_scale2;                           // [D]
  };

  at::Tensor patch_positions(std::int64_t height, std::int64_t width) const;

  Config config_;
  at::Tensor cls_token_;        // [1, 1, D]
  at::Tensor register_tokens_;  // [1, R, D]; undefined without registers
  PatchEmbedding patch_embedding_;
  at::Tensor position_embeddings_;  // [1, 1 + patches, D]
  std::vector<Layer> layers_;
  LayerNorm layernorm_;
  ImageProcessor processor_;
};

/// Builds the model from a folder with `model_type` "dinov2" or "dinov2_with_registers".
/// @throws Error{corrupt_data, unsupported}.
Encoders make_dinov2(Checkpoint& checkpoint);

}  // namespace ogam
