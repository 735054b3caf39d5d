#include "encoders/video/qwen_clips.h"

#include <algorithm>

#include "core/base/error.h"

namespace ogam {

QwenProcessor open_qwen_processor(const std::filesystem::path& folder, ProcessorKind kind,
                                  const PatchLayout& tower) {
  const auto file = ProcessorConfig::read(folder, kind);
  const auto config = QwenProcessor::Config::parse(file);
  const PatchLayout& layout = config.layout;
  require(layout.patch_size == tower.patch_size && layout.merge_size == tower.merge_size &&
              layout.temporal_patch_size == tower.temporal_patch_size,
          ErrorCode::corrupt_data,
          "{}: patches of {} pixels and {} frames in squares of {}, where the model's "
          "vision_config has {}, {} and {}; they belong to different models",
          file.origin(), layout.patch_size, layout.temporal_patch_size, layout.merge_size,
          tower.patch_size, tower.temporal_patch_size, tower.merge_size);
  return QwenProcessor(config);
}

PatchGrid grid_of(const QwenProcessor::Patches& patches) {
  const auto* const grid = patches.grid_thw.const_data_ptr<std::int64_t>();
  return {.frames = grid[0], .rows = grid[1], .columns = grid[2]};
}

QwenProcessor::Patches cut_clip(const VideoClip& clip, const QwenProcessor& processor) {
  require(!clip.frames.empty() && clip.frames.size() == clip.times.size(),
          ErrorCode::invalid_argument, "a clip of {} frames with {} times", clip.frames.size(),
          clip.times.size());
  const auto least = static_cast<std::size_t>(processor.config().layout.temporal_patch_size);
  if (clip.frames.size() >= least) {
    return processor.video(clip.frames);
  }
  // The processor takes no fewer frames than a moment has.
  auto frames = clip.frames;
  frames.resize(least, clip.frames.back());
  return processor.video(frames);
}

std::vector<Time> moment_times(std::span<const Time> frames, std::int64_t temporal_patch_size) {
  const auto count = std::ssize(frames);
  std::vector<Time> moments;
  for (std::int64_t first = 0; first < count; first += temporal_patch_size) {
    const auto last = std::min(first + temporal_patch_size, count) - 1;
    moments.push_back(from_seconds((to_seconds(frames[first]) + to_seconds(frames[last])) / 2));
  }
  return moments;
}

TowerTokens on_grid(const at::Tensor& tokens, const PatchGrid& grid, std::int64_t merge_size,
                    std::span<const Time> times) {
  TowerTokens seen = {.vectors = tokens,
                      .times = {},
                      .columns = grid.columns / merge_size,
                      .rows = grid.rows / merge_size};
  for (const Time time : times) {
    seen.times.insert(seen.times.end(), static_cast<std::size_t>(seen.rows * seen.columns), time);
  }
  require(std::ssize(seen.times) == tokens.size(0), ErrorCode::internal,
          "{} times for {} moments of a grid", times.size(), grid.frames);
  return seen;
}

}  // namespace ogam
