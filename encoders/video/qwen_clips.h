#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "core/base/time.h"
#include "core/media/image.h"
#include "core/nn/processor_config.h"
#include "core/nn/tower_tokens.h"
#include "encoders/encoder.h"
#include "encoders/image/patch_packer.h"
#include "encoders/image/patch_processor.h"

namespace ogam {

// What the eyes of models with Qwen's towers have in common.

/// The processor of a model folder.
/// @param tower the layout of the patches that the model's config.json names.
/// @throws Error{corrupt_data} when it cuts other patches; what QwenProcessor::Config::parse
/// throws.
QwenProcessor open_qwen_processor(const std::filesystem::path& folder, ProcessorKind kind,
                                  const PatchLayout& tower);

/// The grid of one picture or video.
PatchGrid grid_of(const QwenProcessor::Patches& patches);

/// The frames of a clip as patches. The last frame stands for those that a moment lacks.
/// @throws Error{invalid_argument} when there are none, or times are missing.
QwenProcessor::Patches cut_clip(const VideoClip& clip, const QwenProcessor& processor);

/// When the moments of a video are: the mean of the times of the first and the last of each
/// `temporal_patch_size` frames.
std::vector<Time> moment_times(std::span<const Time> frames, std::int64_t temporal_patch_size);

/// The tokens of a picture (one time) or of the moments of a video, each with its time.
TowerTokens on_grid(const at::Tensor& tokens, const PatchGrid& grid, std::int64_t merge_size,
                    std::span<const Time> times);

}  // namespace ogam
