#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/text/jinja/value.h"

namespace ogam::jinja {

enum class TokenKind {
  data,            ///< text outside of tags
  variable_begin,  ///< {{
  variable_end,
  block_begin,  ///< {%
  block_end,
  name,
  text,    ///< a string literal
  number,  ///< an integer or float
  operator_,
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  int line = 1;
  std::string text;  ///< of data, names, operators and string literals
  Value number;
};

/// Cuts a template into tokens, with white space around tags removed as transformers has it
/// (trim_blocks, lstrip_blocks, no newline at the end).
///
/// @param source valid UTF-8.
/// @throws Error{corrupt_data} naming `origin` and the line.
std::vector<Token> tokenize(std::string_view source, const std::string& origin);

}  // namespace ogam::jinja
