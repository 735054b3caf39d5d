#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/nn/config_reader.h"
#include "core/nn/layers.h"
#include "core/nn/pre_norm_layer.h"
#include "core/tensor/checkpoint.h"
#include "core/text/tokenizer.h"
#include "encoders/encoder.h"
#include "encoders/image/image_processor.h"
#include "encoders/image/text_tower.h"
#include "encoders/image/vision_tower.h"

namespace ogam {

/// The image tower of CLIP: a class token before the patches, pre-norm layers between two norms.
/// Source: CLIPVisionModel; Radford et al. 2021, section 2.4.
class ClipVisionTower {
 public:
  struct Config {
    PreNormConfig layers;
    PatchGridConfig patches;

    /// @param reader of "vision_config", or of a whole config.json of type "clip_vision_model".
    /// @throws Error{corrupt_data, unsupported}.
    static Config parse(const ConfigReader& reader);
  };

  /// @param weights the scope of the tower, "vision_model.".
  ClipVisionTower(const WeightScope& weights, const Config& config);

  /// @param pixels [N, 3, image_size, image_size], normalised.
  /// @return [N, hidden_size], the class token after the last norm.
  /// @throws Error{invalid_argument} when the pictures are of another size.
  at::Tensor forward(const at::Tensor& pixels) const;

 private:
  PatchGridConfig patches_;
  at::Tensor class_embedding_;  // [D]
  PatchEmbedding patch_embedding_;
  at::Tensor position_embedding_;  // [1 + patches, D]
  LayerNorm pre_layrnorm_;         // so spelt in the checkpoints
  PreNormEncoder encoder_;
  LayerNorm post_layernorm_;
};

/// CLIP's view of pictures. Output: `embedding`, [N, projection_dim], or [N, hidden_size] where the
/// checkpoint holds the tower alone. Pictures of another size than the tower's are refused: its
/// positions are not interpolated. Source: CLIPModel, CLIPVisionModelWithProjection.
class ClipImage : public ImageEncoder {
 public:
  struct Config {
    ClipVisionTower::Config tower;
    std::optional<std::int64_t> projection_dim;  ///< none without a projection
  };
  /// @param weights holds "visual_projection"; @param tower holds the tower.
  ClipImage(const WeightScope& weights, const WeightScope& tower, const Config& config,
            ImageProcessor processor);

  std::vector<EncoderOutputInfo> outputs() const override;
  std::vector<EncoderOutput> encode(std::span<const Image> images) const override;

  /// @param pixels as in ClipVisionTower::forward.
  /// @return [N, D], not normalised.
  at::Tensor embed(const at::Tensor& pixels) const;

 private:
  std::int64_t dimension_;
  ClipVisionTower tower_;
  std::optional<Linear> projection_;
  ImageProcessor processor_;
};

/// CLIP's view of texts: a causal tower, read at the token that ends the text. Output: `embedding`
/// [N, projection_dim]. A longer text than max_position_embeddings is read up to there.
/// Source: CLIPModel; Radford et al. 2021, section 2.4.
class ClipText : public TextEncoder {
 public:
  struct Config {
    TextTowerConfig tower;
    std::int64_t projection_dim = 0;
    std::int64_t eos_token_id = 0;

    /// @param reader of "text_config".
    /// @throws Error{corrupt_data, unsupported}.
    static Config parse(const ConfigReader& reader, std::int64_t projection_dim);
  };
  /// @param weights holds "text_model", "text_projection" and "logit_scale".
  ClipText(const WeightScope& weights, const Config& config, Tokenizer tokenizer);

  std::vector<EncoderOutputInfo> outputs() const override;
  std::vector<EncoderOutput> encode(std::span<const std::string> texts,
                                    std::string_view prompt) const override;

  /// @param texts ids of each text, at least one and at most max_position_embeddings.
  /// @return [N, projection_dim], not normalised.
  /// @throws Error{corrupt_data} when a text does not hold the id at which it is read.
  at::Tensor embed(std::span<const std::vector<std::int64_t>> texts) const;

  /// What the cosine of a text and a picture is multiplied by before the softmax over candidates.
  double logit_scale() const { return logit_scale_; }

 private:
  Config config_;
  TextTower tower_;
  Linear projection_;
  double logit_scale_;
  Tokenizer tokenizer_;
};

/// Builds the model from a folder with `model_type` "clip": both towers.
/// @throws Error{corrupt_data, unsupported}.
Encoders make_clip(Checkpoint& checkpoint);

/// Builds the image tower from a folder with `model_type` "clip_vision_model", with its projection
/// where the checkpoint has one.
/// @throws Error{corrupt_data, unsupported}.
Encoders make_clip_vision_model(Checkpoint& checkpoint);

}  // namespace ogam
