#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/archive.h"

namespace ogam {

/// A sentence that was said, or a text that was written, as understanding quotes it.
struct TimedSentence {
  TimeSpan span;  ///< within the asset; empty for pictures and texts
  std::string text;
  std::string language;      ///< ISO 639-1 as recognised, "ko" where only its letters say so; or ""
  Lane lane = Lane::speech;  ///< speech, or text for what is written
  std::vector<float>
      vector;  ///< L2-normalised, of the lane's first space; empty where there is none
  std::optional<std::size_t> record;  ///< index of the archive's words that it equals, if one does
};

/// Whether there is a Korean syllable in it.
bool has_hangul(std::string_view text);

/// The language of a text as it was recognised; "ko" where that is unknown and its letters say so.
std::string language_of(const TimedText& text);

/// Whether a text ends as sentences do: with a mark, or, where it is written without marks, with
/// one of the syllables that end Korean sentences.
bool ends_sentence(std::string_view text);

/// Whether a sentence is in `language`, as far as that is known: one of an unknown language may be
/// in any but Korean, whose letters would tell.
bool is_in_language(const TimedSentence& sentence, std::string_view language);

/// Sentences of one lane of an asset's words, in order of time and without vectors.
///
/// What was said is joined across utterances and cut behind each sentence, by the times of its
/// words; a pause of 1.5 s or 300 characters end one too. What was written stays as it was read.
/// Times are drawn into [0, duration]; texts without a letter or digit are left out.
std::vector<TimedSentence> make_sentences(const std::vector<WordsRecord>& words, Lane lane,
                                          Time duration);

}  // namespace ogam
