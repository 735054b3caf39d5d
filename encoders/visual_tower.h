#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/media/image.h"
#include "core/nn/tower_tokens.h"
#include "core/tensor/checkpoint.h"
#include "encoders/encoder.h"

namespace ogam {

/// The eyes of a vision-language model: turns pictures and clips into the tokens that its language
/// model reads. Preparing them is the tower's own affair, as the folder's processors say.
class VisualTower {
 public:
  virtual ~VisualTower() = default;

  /// The pictures of one conversation. Some models look closer at a picture that is shown alone.
  /// @throws Error{invalid_argument} for pictures that are empty or too narrow.
  virtual std::vector<TowerTokens> pictures(std::span<const Image> images) const = 0;

  /// @throws Error{invalid_argument} for a clip without frames, or with frames of several sizes.
  virtual TowerTokens clip(const VideoClip& clip) const = 0;

  /// Which frames of a video the model wants.
  virtual VideoSampling sampling() const = 0;
};

/// Builds the tower that the checkpoint's `model_type` names. What it has no use for is left to the
/// language model.
/// @throws Error{unsupported} listing the model types when it is none of them; Error{not_found,
///     corrupt_data}.
std::unique_ptr<const VisualTower> make_visual_tower(Checkpoint& checkpoint);

}  // namespace ogam
