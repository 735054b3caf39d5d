#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/time.h"
#include "core/nn/qwen3_vl_config.h"
#include "core/nn/qwen3_vl_text.h"
#include "core/nn/tower_tokens.h"
#include "core/tensor/checkpoint.h"
#include "encoders/image/qwen3_vl_vision.h"

namespace ogam {

/// A picture or a video, cut up for the vision tower.
struct VisualPatches {
  at::Tensor patches;  ///< as Qwen3VlVision takes them
  PatchGrid grid;
};

/// What a tower makes of a picture, or of the moments of a video: each row a token and its features
/// for the language model's first layers (DeepStack), [T, (1 + levels) * out_hidden_size].
/// @param times of the moments; one of 0 for a picture.
TowerTokens see(const Qwen3VlVision& tower, const VisualPatches& patches,
                std::span<const Time> times);

/// What the model reads at once: tokens, some of which stand for what is seen.
struct Qwen3VlSequence {
  std::vector<std::int64_t> ids;
  std::vector<VisualSpan> spans;     ///< one for each frame of each medium, in order
  std::vector<VisualPatches> media;  ///< in order
};

/// Qwen3-VL without its head: the vision tower's tokens among those of text, read by the causal
/// language model. Names: the reference class `Qwen3VLModel`, with the prefix `model.` where the
/// checkpoint is of `Qwen3VLForConditionalGeneration`.
/// Source: Bai et al. 2025, "Qwen3-VL Technical Report", section 2.
class Qwen3VlModel {
 public:
  /// Loads everything but `lm_head.weight`, which is left to others.
  explicit Qwen3VlModel(Checkpoint& checkpoint);

  const Qwen3VlConfig& config() const { return config_; }
  const Qwen3VlText& language_model() const { return language_model_; }
  const Qwen3VlVision& visual() const { return visual_; }

  /// The contextual token at the end of each sequence, after the final norm.
  /// @return [N, D] in the checkpoint's precision; a row does not depend on the others.
  /// @throws Error{invalid_argument} when spans and media do not fit, or a sequence is too long.
  at::Tensor last_states(std::span<const Qwen3VlSequence> sequences) const;

 private:
  Qwen3VlModel(const Qwen3VlConfig& config, const WeightScope& weights);

  Qwen3VlConfig config_;
  Qwen3VlVision visual_;
  Qwen3VlText language_model_;
};

}  // namespace ogam
