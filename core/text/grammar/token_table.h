#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/text/byte_trie.h"

namespace ogam {

class Tokenizer;

/// The bytes that each token of a vocabulary writes, by their beginnings. Safe to use from several
/// threads at once.
class TokenTable {
 public:
  /// @param tokens the bytes of each token by its id; empty for those that write no text of their
  ///     own, such as special tokens.
  /// @param ends the ids that end a text.
  /// @param origin names the vocabulary in errors.
  /// @throws Error{unsupported} when a byte of UTF-8 has no token of its own: a text might then be
  ///     begun and not be finished; Error{invalid_argument} when an id of `ends` is no token.
  TokenTable(std::vector<std::string> tokens, std::vector<std::int32_t> ends,
             const std::string& origin);

  std::size_t vocabulary_size() const { return tokens_.size(); }
  /// Words of 64 bits that hold one bit for each token.
  std::size_t mask_words() const { return (tokens_.size() + 63) / 64; }
  const std::string& bytes(std::int32_t id) const;
  bool is_end(std::int32_t id) const;
  const std::vector<std::int32_t>& ends() const { return ends_; }

  const ByteTrie& trie() const { return trie_; }
  /// The tokens that the trie's number stands for: several may write the same bytes.
  std::span<const std::int32_t> ids(std::int32_t number) const {
    return groups_[static_cast<std::size_t>(number)];
  }

 private:
  std::vector<std::string> tokens_;
  std::vector<std::int32_t> ends_;
  std::vector<std::vector<std::int32_t>> groups_;
  ByteTrie trie_;
};

/// What each token of a tokenizer writes within a text, for a TokenTable. Special tokens write
/// nothing.
std::vector<std::string> token_bytes(const Tokenizer& tokenizer);

}  // namespace ogam
