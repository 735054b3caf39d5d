#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/nn/layers.h"
#include "core/tensor/checkpoint.h"
#include "encoders/image/patch_processor.h"
#include "encoders/image/qwen2_5_vl_vision.h"
#include "encoders/visual_tower.h"

namespace ogam {

/// The eyes of a HyperCLOVA X (`hyperclovax_vision_v2`): Qwen2.5-VL's tower and a projection to the
/// language model's size. Two frames of a video make a moment, the last of an odd number is seen
/// twice. The rows of a picture and of a moment lie in a grid, but the language model reads them as
/// a line.
/// Source: reference `HyperCLOVAXVisionV2Model`.
class HyperclovaxTower : public VisualTower {
 public:
  /// @throws Error{corrupt_data} also when a processor's patches are not the tower's.
  explicit HyperclovaxTower(Checkpoint& checkpoint);

  std::vector<TowerTokens> pictures(std::span<const Image> images) const override;
  TowerTokens clip(const VideoClip& clip) const override;
  VideoSampling sampling() const override;

 private:
  TowerTokens see(const QwenProcessor::Patches& patches, std::span<const Time> times) const;

  Qwen25VlVision vision_;
  Linear projector_;
  QwenProcessor pictures_;
  QwenProcessor frames_;
};

/// Builds the tower from a folder with `model_type` "hyperclovax_vision_v2".
std::unique_ptr<const VisualTower> make_hyperclovax_tower(Checkpoint& checkpoint);

}  // namespace ogam
