#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/base/error.h"
#include "core/media/subtitles.h"

/// Whatever the bytes, the parser gives cues in order with times that make sense, or says there are
/// none.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    ogam::Time last = 0;
    for (const ogam::TimedText& cue : ogam::parse_subtitles(text)) {
      if (cue.span.start < last || cue.span.end <= cue.span.start || cue.text.empty()) {
        std::abort();
      }
      last = cue.span.start;
    }
  } catch (const ogam::Error&) {
    return 0;
  }
  return 0;
}
