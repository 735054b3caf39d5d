#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/base/timed_text.h"
#include "pipelines/transcription.h"

namespace ogam {

/// What a subtitle may hold at once.
struct SubtitleLayout {
  int columns = 42;  ///< of a line, as display_width counts: a Korean syllable takes two
  int lines = 2;
  Time max_duration = 7 * kSecond;
};

/// Divides utterances that are too long for one subtitle, at pauses and punctuation where it can,
/// by the times of their words; without word times, by length. Lines of a subtitle's text are
/// parted by '\n'.
std::vector<TimedText> lay_out_subtitles(std::span<const TimedText> utterances,
                                         const SubtitleLayout& layout = {});

/// {"start", "end", "text", "language", "words": [{"start", "end", "text", "probability"}]}, times
/// in seconds.
Json utterance_json(const TimedText& utterance);

/// The whole document in UTF-8, with a newline at its end. Text keeps utterances as they are, one a
/// line; SubRip and WebVTT lay them out first; JSON is {"language", "duration", "utterances":
/// [...]} with times in seconds.
/// @param format "txt", "srt", "vtt" or "json".
/// @throws Error{invalid_argument} listing the formats when it is none of them.
std::string write_transcript(const Transcript& transcript, std::string_view format,
                             const SubtitleLayout& layout = {});

}  // namespace ogam
