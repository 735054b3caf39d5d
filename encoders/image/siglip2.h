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
#include "encoders/image/patch_processor.h"

namespace ogam {

/// The view of pictures of SigLIP 2 at their own shape (NaFlex): as many patches as a budget
/// allows, with positions stretched to the grid that they make.
///
/// Output: `embedding` [N, hidden_size].
/// Source: Siglip2VisionModel; Tschannen et al. 2025, section 2.4.2.
class Siglip2Image : public ImageEncoder {
 public:
  struct Config {
    PreNormConfig layers;
    std::int64_t patch_size = 0;          ///< pixels a side
    std::int64_t position_grid_side = 0;  ///< of the square of positions

    /// @param reader of "vision_config", or of a whole config.json of type "siglip2_vision_model".
    /// @throws Error{corrupt_data} when num_patches is not a square, and as elsewhere;
    ///     Error{unsupported}.
    static Config parse(const ConfigReader& reader);
  };

  /// @param weights the scope of the tower, "vision_model.".
  /// @throws Error{corrupt_data} when the processor cuts patches of another size.
  Siglip2Image(const WeightScope& weights, const Config& config, NaflexProcessor processor);

  std::vector<EncoderOutputInfo> outputs() const override;
  std::vector<EncoderOutput> encode(std::span<const Image> images) const override;

  /// @param pictures patches whose values follow each other by row, column and channel.
  /// @return [N, hidden_size], not normalised.
  /// @throws Error{invalid_argument} when patches are of another size, or a picture's shape and
  ///     mask contradict each other.
  at::Tensor embed(const NaflexProcessor::Batch& pictures) const;

 private:
  at::Tensor positions(std::int64_t height, std::int64_t width) const;

  Config config_;
  Linear patch_embedding_;
  at::Tensor position_embedding_;  // [side * side, D]
  PreNormEncoder encoder_;
  LayerNorm post_layernorm_;
  AttentionPooling head_;
  NaflexProcessor processor_;
};

/// Builds both towers from a folder with `model_type` "siglip2"; the text encoder is a SiglipText.
/// @throws Error{corrupt_data, unsupported}.
Encoders make_siglip2(Checkpoint& checkpoint);

/// Builds the image tower from a folder with `model_type` "siglip2_vision_model".
/// @throws Error{corrupt_data, unsupported}.
Encoders make_siglip2_vision_model(Checkpoint& checkpoint);

}  // namespace ogam
