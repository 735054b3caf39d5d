#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/time.h"

namespace ogam {

/// What a media file may ask for. Beyond it there is an error that names the limit.
struct MediaLimits {
  int max_side = 16384;                   ///< pixels
  std::int64_t max_pixels = 134'217'728;  ///< of one picture or frame
  Time max_duration = Time{48} * 3600 * kSecond;
  int max_streams = 64;
  std::size_t max_text_bytes = 64u << 20;  ///< of a text or subtitle file
  /// Packets that fail to decode in a row: four minutes of sound. Shorter damage is left out.
  int max_consecutive_errors = 10'000;
};

}  // namespace ogam
