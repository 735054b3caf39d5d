#pragma once

#include <cstdint>
#include <optional>
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
  /// Up to where the model says that it has heard the window.
  std::int32_t heard = 0;
  /// Text after that to which the model gave no end, as if it reached to the end of the window. To
  /// be heard again from `heard` on, where that can be done; when there is no other text it is a
  /// segment instead.
  std::optional<WhisperSegment> unfinished;
};

/// Reads what WhisperSearch decoded. Segments without text are left out.
/// @param window_end the end of the sound, in the same units.
WhisperSegments split_segments(std::span<const std::int32_t> decoded, const WhisperTokens& tokens,
                               std::int32_t window_end);

}  // namespace ogam
