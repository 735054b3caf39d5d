#include "encoders/video/qwen3_vl_tower.h"

#include <c10/core/InferenceMode.h>

#include "core/nn/processor_config.h"
#include "encoders/video/qwen3_vl_model.h"
#include "encoders/video/qwen_clips.h"

namespace ogam {

namespace {

VisualPatches patches_of(const QwenProcessor::Patches& prepared) {
  return {.patches = prepared.pixel_values, .grid = grid_of(prepared)};
}

}  // namespace

Qwen3VlTower::Qwen3VlTower(Checkpoint& checkpoint)
    : vision_(Qwen3VlConfig::parse(checkpoint.config(), checkpoint.origin()).vision,
              qwen3_vl_weights(checkpoint).scope("visual")),
      pictures_(open_qwen_processor(checkpoint.folder(), ProcessorKind::image,
                                    layout_of(vision_.config()))),
      frames_(open_qwen_processor(checkpoint.folder(), ProcessorKind::video,
                                  layout_of(vision_.config()))),
      sampling_(
          FrameSampling::parse(ProcessorConfig::read(checkpoint.folder(), ProcessorKind::video))) {}

std::vector<TowerTokens> Qwen3VlTower::pictures(std::span<const Image> images) const {
  const c10::InferenceMode inference;
  std::vector<TowerTokens> seen;
  seen.reserve(images.size());
  for (const Image& image : images) {
    constexpr Time kNow = 0;
    seen.push_back(see(vision_, patches_of(pictures_.images({&image, 1})), {&kNow, 1}));
  }
  return seen;
}

TowerTokens Qwen3VlTower::clip(const VideoClip& clip) const {
  const c10::InferenceMode inference;
  return see(vision_, patches_of(cut_clip(clip, frames_)),
             moment_times(clip.times, vision_.config().temporal_patch_size));
}

VideoSampling Qwen3VlTower::sampling() const {
  constexpr double kDefaultFps = 2;
  return {.fps = sampling_.fps.value_or(kDefaultFps),
          .max_frames = sampling_.num_frames.value_or(sampling_.max_frames)};
}

std::unique_ptr<const VisualTower> make_qwen3_vl_tower(Checkpoint& checkpoint) {
  return std::make_unique<const Qwen3VlTower>(checkpoint);
}

}  // namespace ogam
