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

struct AudioSampling {
  int sample_rate = 16000;
  Time max_duration = 60 * kSecond;  ///< what lies beyond it is left out
};

/// Mono samples of a span of a file.
/// @throws Error{unsupported} when the file has no audio.
std::vector<float> sample_audio(const std::filesystem::path& path,
                                const std::optional<TimeSpan>& span, const AudioSampling& wanted);

}  // namespace ogam
