#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "decoders/text/whisper_tokens.h"

namespace ogam {

/// Text between two times, in units of WhisperTokens::kTimestampsPerSecond from the start of the
/// window.
struct WhisperSegment {
  std::int32_t start = 0;
  std::int32_t end = 0;
  std::vector<std::int32_t> text;  ///< text tokens
};

struct WhisperSegments {
  std::vector<WhisperSegment> segments;
  /// Up to where the model says that it has heard the window; text that it left unfinished after
  /// that is not among the segments, unless there is no other.
  std::int32_t heard = 0;
  /// Whether the model closed its last segment with a single time: it found no more in the window.
  bool complete = false;
};

/// Reads what WhisperSearch decoded. Segments without text are left out.
/// @param window_end the end of the sound, in the same units.
WhisperSegments split_segments(std::span<const std::int32_t> decoded, const WhisperTokens& tokens,
                               std::int32_t window_end);

}  // namespace ogam
