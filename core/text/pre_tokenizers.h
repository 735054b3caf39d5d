#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/text/normalizers.h"

namespace ogam {

/// A text and the words in it.
struct SplitText {
  struct Word {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  NormalizedText whole;
  std::vector<Word> words;  ///< in order, not empty, none within another

  std::string_view word(const Word& place) const {
    return std::string_view(whole.text).substr(place.begin, place.end - place.begin);
  }
};

/// The pre-tokenizer of a tokenizer.json: steps that split a text into the words that the model
/// encodes one by one. Safe to use from several threads at once.
///
/// ByteLevel, Whitespace, WhitespaceSplit, BertPreTokenizer, Metaspace, Split, Punctuation, Digits,
/// CharDelimiterSplit and Sequence, each as the `tokenizers` library defines it.
class PreTokenizer {
 public:
  PreTokenizer() = default;
  /// @param json the component, or null for none.
  /// @param origin the file's name, for errors.
  /// @throws Error{corrupt_data}, Error{unsupported} naming what is not implemented.
  PreTokenizer(const SortedJson& json, const std::string& origin);

  SplitText split(NormalizedText text) const;

  using Step = std::function<void(SplitText&)>;

 private:
  std::vector<Step> steps_;
};

}  // namespace ogam
