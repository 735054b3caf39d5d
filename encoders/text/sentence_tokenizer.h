#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/text/tokenizer.h"

namespace ogam {

/// Texts as a sentence encoder reads them: in lower case where the model wants that, cut at the
/// longest length, with the special tokens around what is left. Source: sentence-transformers
/// `Transformer`, with sentence_bert_config.json and tokenizer_config.json.
class SentenceTokenizer {
 public:
  struct Config {
    std::int64_t vocab_size = 0;  ///< rows of the model's table
    std::int64_t max_tokens = 0;  ///< the most that the model can take; the folder may say less
  };

  /// @throws Error{not_found, corrupt_data, unsupported} as Tokenizer does, and when the tokenizer
  ///     has ids beyond the table.
  SentenceTokenizer(const std::filesystem::path& folder, const Config& config);

  /// The ids of a text, prompt included: at most max_tokens() of them.
  std::vector<std::int64_t> encode(const std::string& text) const;

  /// How many of the ids of a text that begins with `prompt` are the prompt's, with the special
  /// tokens before it; 0 without a prompt.
  std::int64_t prompt_tokens(const std::string& prompt) const;

  std::int64_t max_tokens() const { return max_tokens_; }

  /// What encodes without cutting.
  const Tokenizer& tokenizer() const { return tokenizer_; }

 private:
  Tokenizer tokenizer_;
  std::int64_t max_tokens_;
  bool lower_case_ = false;
  std::ptrdiff_t tokens_before_ = 0;  // special ones, of every text
  std::ptrdiff_t tokens_after_ = 0;
};

}  // namespace ogam
