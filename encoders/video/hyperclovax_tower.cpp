#include "encoders/video/hyperclovax_tower.h"

#include <c10/core/InferenceMode.h>

#include "core/nn/config_reader.h"
#include "core/nn/hyperclovax_vision_config.h"
#include "core/nn/transformer_weights.h"
#include "encoders/video/qwen_clips.h"

namespace ogam {

namespace {

Qwen25VlVisionConfig vision_config_of(const Checkpoint& checkpoint) {
  const ConfigReader config(checkpoint.config(), checkpoint.origin());
  return Qwen25VlVisionConfig::parse(config.section("vision_config"));
}

}  // namespace

HyperclovaxTower::HyperclovaxTower(Checkpoint& checkpoint)
    : vision_(vision_config_of(checkpoint), checkpoint.weights("model.vision_model.")),
      projector_(
          weights_under_first(checkpoint, {"model.projector.", "model.vision_projector."}),
          {.in = vision_.config().out_hidden_size,
           .out =
               HyperclovaxVisionConfig::parse(checkpoint.config(), checkpoint.origin()).text_size}),
      pictures_(open_qwen_processor(checkpoint.folder(), ProcessorKind::image,
                                    layout_of(vision_.config()))),
      frames_(open_qwen_processor(checkpoint.folder(), ProcessorKind::video,
                                  layout_of(vision_.config()))) {}

TowerTokens HyperclovaxTower::see(const QwenProcessor::Patches& patches,
                                  std::span<const Time> times) const {
  const auto grid = grid_of(patches);
  return on_grid(projector_(vision_(patches.pixel_values, {&grid, 1})), grid,
                 vision_.config().spatial_merge_size, times);
}

std::vector<TowerTokens> HyperclovaxTower::pictures(std::span<const Image> images) const {
  const c10::InferenceMode inference;
  std::vector<TowerTokens> seen;
  seen.reserve(images.size());
  for (const Image& image : images) {
    constexpr Time kNow = 0;
    seen.push_back(see(pictures_.images({&image, 1}), {&kNow, 1}));
  }
  return seen;
}

TowerTokens HyperclovaxTower::clip(const VideoClip& clip) const {
  const c10::InferenceMode inference;
  return see(cut_clip(clip, frames_),
             moment_times(clip.times, vision_.config().temporal_patch_size));
}

VideoSampling HyperclovaxTower::sampling() const {
  // The processor takes whatever frames it is given.
  return {.fps = 1, .max_frames = 64};
}

std::unique_ptr<const VisualTower> make_hyperclovax_tower(Checkpoint& checkpoint) {
  return std::make_unique<const HyperclovaxTower>(checkpoint);
}

}  // namespace ogam
