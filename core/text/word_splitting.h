#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/text/pre_tokenizers.h"
#include "core/text/regex.h"
#include "core/text/text_limits.h"
#include "core/text/unicode.h"

namespace ogam {

/// What becomes of the matches that split a word, in the words of tokenizer.json.
enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

/// @throws Error{corrupt_data} for another name than "Removed", "Isolated", ...
SplitBehavior parse_split_behavior(const std::string& name, const std::string& origin);

struct SplitRule {
  /// The matches in a word, in order, none within another.
  std::function<std::vector<Regex::Match>(std::string_view)> find;
  SplitBehavior behavior = SplitBehavior::isolated;
  bool invert = false;  ///< what is between the matches counts as a match, and the other way round
};

/// Splits every word of `text`.
void split_words(SplitText& text, const SplitRule& rule);

/// Rewrites every word: what `prefix(word, first)` returns comes before it, where `first` tells
/// whether it begins with the first character of the input, and `rewrite(character, out)` appends
/// what becomes of each character.
template <typename Prefix, typename Rewrite>
void rewrite_words(SplitText& text, const Prefix& prefix, const Rewrite& rewrite) {
  NormalizedText whole;
  whole.text.reserve(text.whole.text.size());
  for (auto& place : text.words) {
    const auto begin = whole.text.size();
    const auto word = text.word(place);
    whole.text += prefix(word, place.begin < text.whole.head);
    for (std::size_t i = 0; i < word.size();) {
      const auto character = word.substr(i, first_character(word.substr(i)).size);
      rewrite(character, whole.text);
      whole.head = place.begin + i < text.whole.head ? whole.text.size() : whole.head;
      i += character.size();
    }
    place = {begin, whole.text.size()};
  }
  require_text_fits(whole.text.size());
  text.whole = std::move(whole);
}

}  // namespace ogam
