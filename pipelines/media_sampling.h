#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "core/base/time.h"
#include "core/media/image.h"
#include "core/media/limits.h"

namespace ogam {

/// Up to `count` frames spread evenly over a span of a video.
/// @throws Error{unsupported} when the file has no video.
std::vector<Image> sample_frames(const std::filesystem::path& path,
                                 const std::optional<TimeSpan>& span, int count);

/// 16 kHz mono samples of a span of a file, at most `max_duration` of it.
/// @throws Error{unsupported} when the file has no audio.
std::vector<float> sample_audio(const std::filesystem::path& path,
                                const std::optional<TimeSpan>& span, Time max_duration);

}  // namespace ogam
