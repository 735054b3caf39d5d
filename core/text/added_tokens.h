#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/base/json.h"
#include "core/text/byte_trie.h"
#include "core/text/normalizers.h"
#include "core/text/vocabulary.h"

namespace ogam {

/// A token that is recognised as written before the rest of the text is split.
struct AddedToken {
  std::int32_t id = 0;
  std::string content;
  std::string written;       ///< what is looked for: the content, normalized where `normalized` is
  bool special = false;      ///< left out when ids are decoded
  bool single_word = false;  ///< only where no letter or digit touches it
  bool lstrip = false;       ///< takes the white space before it
  bool rstrip = false;       ///< takes the white space after it
  bool normalized = false;   ///< recognised in normalized text, after those that are not
};

/// A part of a text: an added token, or text that is still to be split.
struct TextPart {
  std::string_view text;
  std::int32_t id = -1;  ///< of the added token; -1 for text
};

/// Finds added tokens in a text, leftmost first, the longest where several begin.
class AddedTokenMatcher {
 public:
  /// @param origin the file's name, for errors.
  /// @throws Error{corrupt_data} when two are written alike.
  AddedTokenMatcher(std::vector<AddedToken> tokens, const std::string& origin);

  /// The parts of `text` (valid UTF-8) in order; together they are the whole text.
  std::vector<TextPart> split(std::string_view text) const;

 private:
  const AddedToken* match_at(std::string_view text) const;

  std::vector<AddedToken> tokens_;
  ByteTrie trie_;                  // by what is written; numbers are places in `tokens_`
  std::vector<bool> first_bytes_;  // 256: whether a token begins with it
};

/// The added tokens of a tokenizer.json, as the `tokenizers` library understands them.
class AddedTokens {
 public:
  /// @param json the array `added_tokens`, or null.
  /// @param origin the file's name, for errors.
  /// @throws Error{corrupt_data} when a token occurs twice or its id is not the one that follows
  ///     from the vocabulary: the model's own, or the next that is free.
  AddedTokens(const SortedJson& json, const Vocabulary& vocabulary, const Normalizer& normalizer,
              const std::string& origin);

  /// For text as it is.
  const AddedTokenMatcher& plain() const { return plain_; }
  /// For text that was normalized.
  const AddedTokenMatcher& normalized() const { return normalized_; }

  /// The token as it is decoded; nullptr when the id belongs to none.
  const std::string* token(std::int32_t id) const;
  /// Whether a token, as it is decoded, is left out on demand.
  bool is_special(const std::string& token) const { return special_.contains(token); }
  std::optional<std::int32_t> id(const std::string& content) const;
  std::int32_t largest_id() const { return largest_id_; }

 private:
  AddedTokens(std::vector<AddedToken> tokens, const std::string& origin);

  AddedTokenMatcher plain_;
  AddedTokenMatcher normalized_;
  std::unordered_map<std::string, std::int32_t> ids_;
  std::unordered_map<std::int32_t, std::string> written_;
  std::unordered_set<std::string> special_;
  std::int32_t largest_id_ = -1;
};

}  // namespace ogam
