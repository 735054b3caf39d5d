#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/text/added_tokens.h"
#include "core/text/normalizers.h"
#include "core/text/post_processors.h"
#include "core/text/pre_tokenizers.h"
#include "core/text/token_model.h"
#include "core/text/tokenizer_decoders.h"

namespace ogam {

enum class TextSide { left, right };

/// How long a tokenizer.json wants its results to be at most.
struct TokenizerTruncation {
  std::size_t max_length = 0;       ///< with special tokens
  TextSide side = TextSide::right;  ///< where tokens are taken away
};

/// How a tokenizer.json wants its results to be filled up.
struct TokenizerPadding {
  std::optional<std::size_t> length;  ///< nothing where the longest of a batch gives the length
  std::size_t multiple_of = 1;
  TextSide side = TextSide::right;  ///< where tokens are added
  std::int32_t id = 0;
  std::string token;
};

/// What a Hugging Face tokenizer.json consists of.
struct TokenizerJson {
  /// Reads the content of such a file.
  ///
  /// @param origin the file's name, for errors.
  /// @throws Error{corrupt_data}, Error{unsupported} naming a component or field that is not
  ///     implemented, Error{resource_exhausted} for tokens beyond all measure.
  TokenizerJson(std::string_view text, const std::string& origin);
  /// The same of what was parsed already.
  static TokenizerJson of(const SortedJson& json, const std::string& origin) {
    return {json, origin};
  }

  /// The largest id of a token; -1 when there is none.
  std::int32_t largest_id() const;

  Normalizer normalizer;
  PreTokenizer pre_tokenizer;
  std::unique_ptr<TokenModel> model;
  PostProcessor post_processor;
  DecoderChain decoder;
  AddedTokens added_tokens;
  std::optional<TokenizerTruncation> truncation;
  std::optional<TokenizerPadding> padding;

 private:
  TokenizerJson(const SortedJson& json, const std::string& origin);
};

}  // namespace ogam
