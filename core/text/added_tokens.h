#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ogam {

/// A token that is recognised as written before the rest of the text is split.
struct AddedToken {
  std::int32_t id = 0;
  std::string content;
  bool special = false;      ///< left out when ids are decoded
  bool single_word = false;  ///< only where no letter or digit touches it
  bool lstrip = false;       ///< takes the white space before it
  bool rstrip = false;       ///< takes the white space after it
  bool normalized = false;   ///< recognised after those that are not
};

/// A part of a text: an added token, or text that is still to be split.
struct TextPart {
  std::string_view text;
  std::int32_t id = -1;  ///< of the added token; -1 for text
};

/// Finds added tokens in a text, leftmost first, the longest where several begin.
class AddedTokenMatcher {
 public:
  explicit AddedTokenMatcher(std::vector<AddedToken> tokens);

  /// The parts of `text` (valid UTF-8) in order; together they are the whole text.
  std::vector<TextPart> split(std::string_view text) const;

 private:
  const AddedToken* match_at(std::string_view text, std::size_t position) const;

  std::vector<AddedToken> tokens_;
  std::unordered_map<std::string_view, const AddedToken*> by_content_;
  std::vector<std::size_t> lengths_;  // distinct, longest first
  std::vector<bool> first_byte_;      // 256: whether a token begins with it
};

}  // namespace ogam
