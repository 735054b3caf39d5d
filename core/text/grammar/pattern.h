#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/text/grammar/code_points.h"
#include "core/text/grammar/grammar.h"

namespace ogam {

/// The language of a regular expression that must match a whole text, as `re.fullmatch` of Python
/// has it. See docs/constrained_decoding.md for the syntax.
///
/// @throws Error{invalid_argument} where it is no regular expression, Error{unsupported} naming
/// what
///     is not implemented, Error{resource_exhausted} when it is too large or nests too deep.
std::shared_ptr<const Grammar> compile_pattern(std::string_view pattern);

/// How a character of the pattern is written: its rule.
using CharacterRule = std::function<GrammarBuilder::Rule(const CodePoints&)>;

enum class PatternMatch {
  whole,    ///< of the whole text; `^` in front and `$` at the end change nothing
  anywhere  ///< of a part of the text, unless `^` and `$` bind it, as JSON Schema has it
};

/// The rule of a pattern within a larger grammar; `origin` names it in errors.
GrammarBuilder::Rule pattern_rule(std::string_view pattern, const std::string& origin,
                                  GrammarBuilder& builder, const CharacterRule& character,
                                  PatternMatch match);

}  // namespace ogam
