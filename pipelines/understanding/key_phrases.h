#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "pipelines/understanding/sentences.h"

namespace ogam {

/// A run of words that names something, as it is written where it occurs first.
struct KeyPhrase {
  std::string text;
  double weight = 0;
};

/// How many parts of a whole hold a word; what is said everywhere names no part.
class WordCounts {
 public:
  void add_part(std::span<const TimedSentence> sentences);
  /// At least 0; greater for words of few parts.
  double rarity(const std::u32string& word) const;

 private:
  std::map<std::u32string, std::size_t> parts_;
  std::size_t total_ = 0;
};

/// The phrases that tell most of some sentences from others, best first; none holds another.
///
/// Words between stop words, marks and verbs are one phrase, of four words at most; Korean
/// particles are cut off its end and Korean verbs are known by their endings. A word weighs what it
/// occurs times its rarity. This is done by rules, without a model of the language: a phrase may be
/// odd.
std::vector<KeyPhrase> key_phrases(std::span<const TimedSentence> sentences,
                                   const WordCounts& counts, std::size_t most);

}  // namespace ogam
