#include "decoders/text/whisper_segments.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace ogam {

WhisperSegments split_segments(std::span<const std::int32_t> decoded, const WhisperTokens& tokens,
                               std::int32_t window_end) {
  WhisperSegments result;
  std::optional<std::int32_t> start;  // of the open segment
  std::vector<std::int32_t> text;
  for (const auto token : decoded) {
    if (tokens.is_text(token)) {
      text.push_back(token);
    } else if (tokens.is_timestamp(token)) {
      const auto time = std::min(token - tokens.first_timestamp, window_end);
      if (!text.empty()) {
        const auto from = std::min(start.value_or(0), time);
        result.segments.push_back({from, time, std::exchange(text, {})});
        start.reset();
      } else {
        start = time;
      }
      result.heard = std::max(result.heard, time);
    }
  }
  if (!text.empty()) {
    WhisperSegment rest{start.value_or(result.heard), window_end, std::move(text)};
    if (result.segments.empty()) {
      result.segments.push_back(std::move(rest));
      result.heard = window_end;
    } else {
      result.unfinished = std::move(rest);
    }
  }
  return result;
}

}  // namespace ogam
