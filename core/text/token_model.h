#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/text/vocabulary.h"

namespace ogam {

/// Splits words into the tokens of a vocabulary. Safe to use from several threads at once.
class TokenModel {
 public:
  virtual ~TokenModel() = default;

  /// Appends the ids of `word` (valid UTF-8, not empty) to `ids`.
  /// @throws Error{corrupt_data} when the word needs an unknown token that the model lacks.
  virtual void encode(std::string_view word, std::vector<std::int32_t>& ids) const = 0;

  const Vocabulary& vocabulary() const { return vocabulary_; }

 protected:
  explicit TokenModel(Vocabulary vocabulary) : vocabulary_(std::move(vocabulary)) {}

 private:
  Vocabulary vocabulary_;
};

/// Reads the model of a tokenizer.json: BPE, WordPiece, WordLevel or Unigram. Older files do not
/// name its type; its fields tell.
///
/// @param origin the file's name, for errors.
/// @throws Error{corrupt_data}, Error{unsupported} naming what is not implemented.
std::unique_ptr<TokenModel> parse_token_model(const SortedJson& json, const std::string& origin);

}  // namespace ogam
