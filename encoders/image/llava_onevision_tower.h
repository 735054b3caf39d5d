#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/nn/llava_onevision_config.h"
#include "core/nn/mlp.h"
#include "core/tensor/checkpoint.h"
#include "encoders/image/image_processor.h"
#include "encoders/image/siglip.h"
#include "encoders/visual_tower.h"

namespace ogam {

/// The eyes of a LLaVA-OneVision, which VARCO-VISION is too: SigLIP's patches of squares of one
/// size, projected to the language model's.
///
/// A picture that is shown alone is seen whole, and then enlarged and cut into squares; of their
/// tokens those beside the picture are left out, and there are no more of them than
/// `vision_aspect_ratio` says. One of several pictures is seen whole, padded to a square. After
/// each row of tokens (after the whole of one of several pictures, and of a video) comes one that
/// stands for a new line. A frame of a video has a quarter of the tokens. No token has a time.
/// Source: Li et al. 2024, "LLaVA-OneVision", section 4; reference `LlavaOnevisionModel`.
class LlavaOnevisionTower : public VisualTower {
 public:
  /// @throws Error{corrupt_data} also when the processors and the model do not fit each other.
  explicit LlavaOnevisionTower(Checkpoint& checkpoint);

  std::vector<TowerTokens> pictures(std::span<const Image> images) const override;
  TowerTokens clip(const VideoClip& clip) const override;
  VideoSampling sampling() const override;

 private:
  /// [N, patches, D] of squares of the tower's size, or of what becomes one.
  at::Tensor see(std::span<const Image> squares, const ImageProcessor& processor) const;
  at::Tensor closely(const Image& image) const;
  at::Tensor with_new_line(const at::Tensor& tokens) const;

  LlavaOnevisionConfig config_;
  SiglipPatches::Config tower_config_;
  SiglipPatches tower_;
  Mlp projector_;
  at::Tensor new_line_;  // [D]
  ImageProcessor squares_;
  ImageProcessor frames_;
  std::vector<Size> sizes_;
  std::array<std::uint8_t, 3> background_{};
};

/// Builds the tower from a folder with `model_type` "llava_onevision".
std::unique_ptr<const VisualTower> make_llava_onevision_tower(Checkpoint& checkpoint);

}  // namespace ogam
