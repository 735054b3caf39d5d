#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/byte_trie.h"
#include "core/text/component_json.h"
#include "core/text/token_model.h"

namespace ogam {

/// Fields of a WordPiece model in the words of tokenizer.json.
struct WordPieceConfig {
  std::string unk_token;
  std::string continuing_subword_prefix;
  std::size_t max_input_chars_per_word = 0;

  static WordPieceConfig parse(ComponentJson& json);
};

/// WordPiece: the longest token that the rest of a word begins with, from left to right; a word
/// that has a part without token is unknown. Source: Devlin et al. 2018, BertTokenizer.
class WordPieceModel final : public TokenModel {
 public:
  WordPieceModel(Vocabulary vocabulary, WordPieceConfig config);

  void encode(std::string_view word, std::vector<std::int32_t>& ids) const override;

 private:
  WordPieceConfig config_;
  ByteTrie beginnings_;
  ByteTrie continuations_;  // without their prefix
};

/// One token for each word, and one for all that are unknown.
class WordLevelModel final : public TokenModel {
 public:
  WordLevelModel(Vocabulary vocabulary, std::string unk_token);

  void encode(std::string_view word, std::vector<std::int32_t>& ids) const override;

 private:
  std::string unk_token_;
};

}  // namespace ogam
