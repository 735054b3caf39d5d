#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/nn/processor_config.h"

namespace ogam {

/// What is known of a video before its frames are chosen.
struct VideoTiming {
  std::int64_t frames = 0;
  double fps = 0;       ///< frames a second
  double duration = 0;  ///< seconds
};

/// Which frames of a video a model sees, under the names that the settings have in its
/// video_preprocessor_config.json. Pure arithmetic, equal to that of transformers.
struct FrameSampling {
  enum class Rule {
    embedding_gemma2,  ///< one every 1 / fps seconds from the start, thinned out to max_frames
    gemma4,            ///< num_frames, at the beginnings of as many equal parts
    qwen3_vl,          ///< from the first to the last, as many as fps, min_frames, max_frames say
    pe_video,          ///< num_frames, from the first to the last; all without that
  };
  /// What is left of more than max_frames, under `embedding_gemma2`; without it, all of them.
  enum class Overflow { uniform, truncate };

  Rule rule = Rule::embedding_gemma2;
  std::optional<double> fps = {};
  std::optional<int> num_frames = {};
  int min_frames = 1;
  int max_frames = 0;
  std::optional<Overflow> overflow = {};

  /// Sources: `EmbeddingGemma2VideoProcessor`, `Gemma4VideoProcessor`, `Qwen3VLVideoProcessor` and
  /// `PeVideoVideoProcessor`.
  /// @throws Error{unsupported} for another class and for settings that are not implemented,
  ///     Error{corrupt_data} for values that make no sense.
  static FrameSampling parse(const ProcessorConfig& config);
};

/// The indices of the frames to take, ascending; one may come twice in a short video.
/// @throws Error{invalid_argument} for a video without frames or times, and for one that has fewer
///     frames than are asked for.
std::vector<std::int64_t> sample_frames(const FrameSampling& sampling, const VideoTiming& video);

}  // namespace ogam
