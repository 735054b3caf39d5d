#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <vector>

#include "core/base/cancellation.h"
#include "core/base/time.h"
#include "core/media/image.h"
#include "core/media/limits.h"
#include "encoders/encoder.h"

namespace ogam {

/// Up to `count` frames spread evenly over a span of a video.
/// @throws Error{unsupported} when the file has no video.
std::vector<Image> sample_frames(const std::filesystem::path& path,
                                 const std::optional<TimeSpan>& span, int count);

constexpr Time kShortestSound = kSecond / 10;  ///< less at the end of a file or clip is no sound

struct AudioSampling {
  int sample_rate = 16000;
  Time max_duration = 60 * kSecond;  ///< what lies beyond it is left out
  MediaLimits limits = {};
  CancellationToken cancellation = {};
};

/// Mono samples of a span of a file.
/// @throws Error{unsupported} when the file has no audio.
std::vector<float> sample_audio(const std::filesystem::path& path,
                                const std::optional<TimeSpan>& span, const AudioSampling& wanted);

/// Of `count` things the positions of at most `most`, evenly spread from the first on.
std::vector<std::size_t> spread_evenly(std::size_t count, std::size_t most);

/// At which times of a span a video encoder wants frames: ascending, one at least, and those that
/// ClipLane would take of such a clip.
std::vector<Time> clip_times(const TimeSpan& span, const VideoSampling& sampling);

/// A span of a video, or the whole, as an encoder wants it; of its sound the first ten minutes.
/// @throws Error{unsupported} when the file has no video, Cancelled.
VideoClip sample_clip(const std::filesystem::path& path, const std::optional<TimeSpan>& span,
                      const VideoSampling& sampling, const MediaLimits& limits = {},
                      const CancellationToken& cancellation = {});

}  // namespace ogam
