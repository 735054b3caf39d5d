#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/added_tokens.h"
#include "core/text/bpe_model.h"

namespace ogam {

/// What a tokenizer.json of byte-level BPE says.
struct TokenizerJson {
  BpeModelConfig model;
  std::vector<AddedToken> added_tokens;
  bool add_prefix_space = false;  ///< a text that does not begin with a space is given one
  bool use_regex = true;          ///< text is split into words before it is encoded
};

/// Reads the content of a Hugging Face tokenizer.json.
///
/// @param origin the file's name, for errors.
/// @throws Error{corrupt_data}, Error{unsupported} naming a component that is not implemented.
TokenizerJson parse_tokenizer_json(std::string_view text, const std::string& origin);

}  // namespace ogam
