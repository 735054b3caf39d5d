#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/timed_text.h"
#include "pipelines/speech_windows.h"

namespace ogam {

/// A word within a window; `text` is as decoded, with its space and punctuation.
struct SpokenWord {
  SampleSpan span;
  std::string text;
  double probability = 1;
};

/// An utterance within a window.
struct SpokenText {
  SampleSpan span;
  std::string text;
  std::vector<SpokenWord> words;  ///< empty without word times
};

/// Leaves out words, or utterances without words, that lie where nobody speaks: the recogniser made
/// them up. Text of what remains is put together anew. `speech` is in order.
void drop_where_silent(std::vector<SpokenText>& utterances, std::span<const SampleSpan> speech);

/// Moves the ends of words, and of utterances, that reach into silence back to where speech was
/// detected.
void fit_to_speech(std::vector<SpokenText>& utterances, std::span<const SampleSpan> speech);

/// Cuts words that repeat in a loop to a single round.
void cut_loops(std::vector<SpokenText>& utterances);

/// With times in the stream. An utterance with a pause of more than three seconds between two words
/// is parted there; what has no letter or digit is left out.
std::vector<TimedText> to_timed_text(const std::vector<SpokenText>& utterances,
                                     const SpeechWindow& window, const std::string& language);

}  // namespace ogam
