#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/nn/config_reader.h"
#include "core/nn/layers.h"
#include "core/nn/pre_norm_layer.h"
#include "core/tensor/checkpoint.h"
#include "encoders/encoder.h"
#include "encoders/image/attention_pooling.h"
#include "encoders/image/image_processor.h"
#include "encoders/image/vision_tower.h"

namespace ogam {

/// Patches of pictures in pre-norm layers, before the last norm. Names: `embeddings`, `encoder`.
/// Source: SiglipVisionTransformer.
class SiglipPatches {
 public:
  struct Config {
    PreNormConfig layers;
    PatchGridConfig patches;

    /// @param reader of "vision_config", or of a whole config.json of type "siglip_vision_model".
    /// @throws Error{corrupt_data, unsupported}.
    static Config parse(const ConfigReader& reader);
  };
  SiglipPatches(const WeightScope& weights, const Config& config);

  /// @param pixels [N, 3, image_size, image_size], normalised.
  /// @return [N, patches, hidden_size].
  /// @throws Error{invalid_argument} when the pictures are of another size.
  at::Tensor operator()(const at::Tensor& pixels) const;

 private:
  PatchGridConfig patches_;
  PatchEmbedding patch_embedding_;
  at::Tensor position_embedding_;  // [patches, D]
  PreNormEncoder encoder_;
};

/// The view of pictures of SigLIP, and of SigLIP 2 at a fixed size: patches without a class token,
/// pre-norm layers, a norm, attention pooling.
///
/// Output: `embedding` [N, hidden_size]. Pictures of another size than image_size are refused.
/// Source: SiglipVisionModel; Zhai et al. 2023; Tschannen et al. 2025.
class SiglipImage : public ImageEncoder {
 public:
  using Config = SiglipPatches::Config;

  /// @param weights the scope of the tower, "vision_model.".
  SiglipImage(const WeightScope& weights, const Config& config, ImageProcessor processor);

  std::vector<EncoderOutputInfo> outputs() const override;
  std::vector<EncoderOutput> encode(std::span<const Image> images) const override;

  /// @param pixels [N, 3, image_size, image_size], normalised.
  /// @return [N, hidden_size], not normalised.
  /// @throws Error{invalid_argument} when the pictures are of another size.
  at::Tensor embed(const at::Tensor& pixels) const;

 private:
  Config config_;
  SiglipPatches patches_;
  LayerNorm post_layernorm_;
  AttentionPooling head_;
  ImageProcessor processor_;
};

/// Builds both towers from a folder with `model_type` "siglip"; the text encoder is a SiglipText.
/// @throws Error{corrupt_data, unsupported}.
Encoders make_siglip(Checkpoint& checkpoint);

/// Builds the image tower from a folder with `model_type` "siglip_vision_model".
/// @throws Error{corrupt_data, unsupported}.
Encoders make_siglip_vision_model(Checkpoint& checkpoint);

}  // namespace ogam
