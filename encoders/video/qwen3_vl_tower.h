#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/nn/qwen3_vl_config.h"
#include "core/tensor/checkpoint.h"
#include "encoders/image/patch_processor.h"
#include "encoders/image/qwen3_vl_vision.h"
#include "encoders/video/frame_sampling.h"
#include "encoders/visual_tower.h"

namespace ogam {

/// The eyes of a Qwen3-VL that writes. Unlike its embedder's, pictures and frames are resized as
/// the folder's processors say. A row is a token and its features for the language model's first
/// layers (DeepStack); the rows of a moment, which is two frames, lie in a grid. The last frame of
/// an odd number is seen twice.
class Qwen3VlTower : public VisualTower {
 public:
  /// @throws Error{corrupt_data} also when a processor's patches are not the tower's.
  explicit Qwen3VlTower(Checkpoint& checkpoint);

  std::vector<TowerTokens> pictures(std::span<const Image> images) const override;
  TowerTokens clip(const VideoClip& clip) const override;
  VideoSampling sampling() const override;

 private:
  Qwen3VlVision vision_;
  QwenProcessor pictures_;
  QwenProcessor frames_;
  FrameSampling sampling_;
};

/// Builds the tower from a folder with `model_type` "qwen3_vl".
std::unique_ptr<const VisualTower> make_qwen3_vl_tower(Checkpoint& checkpoint);

}  // namespace ogam
