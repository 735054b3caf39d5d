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

/// What suits a language: Korean, Japanese and Chinese letters are wide, and read more slowly.
/// @param language ISO 639-1, or empty.
SubtitleLayout layout_for_language(std::string_view language);

/// Divides utterances that are too long for one subtitle, at pauses and punctuation where it can,
/// by the times of their words; without word times, by length. Lines of a subtitle's text are
/// parted by '\n'.
std::vector<TimedText> lay_out_subtitles(std::span<const TimedText> utterances,
                                         const SubtitleLayout& layout = {});

/// {"start", "end", "text", "language", "words": [{"start", "end", "text", "probability"}]}, times
/// in seconds.
Json utterance_json(const TimedText& utterance);

/// `text` as WebVTT takes it: markup is escaped, and an arrow cannot end it.
std::string escape_vtt(const std::string& text);

/// The whole document in UTF-8, with a newline at its end. Text keeps utterances as they are, one a
/// line; SubRip, WebVTT and Advanced SubStation lay them out first, as suits the language; JSON is
/// {"language", "duration", "utterances": [...]} with times in seconds.
/// @param format "txt", "srt", "vtt", "ass" or "json".
/// @throws Error{invalid_argument} listing the formats when it is none of them.
std::string write_transcript(const Transcript& transcript, std::string_view format);

}  // namespace ogam
