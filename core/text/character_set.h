#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>

#include "core/text/pattern_reader.h"

namespace ogam {

/// Characters as the inside of a PCRE2 set, or all others.
struct CharacterSet {
  std::string inside;
  bool negated = false;

  /// "[inside]" or "[^inside]".
  std::string text() const { return fmt::format("[{}{}]", negated ? "^" : "", inside); }
};

/// `\d`, `\h`, `\s`, `\w`, their capitals, or `\p{name}`, behind the backslash: categories by short
/// and long names, POSIX classes, properties, and scripts. Nothing is taken when it is none.
///
/// @param in_brackets where Oniguruma's `\w` has six characters of Latin-1 less.
std::optional<CharacterSet> take_class(PatternReader& reader, bool in_brackets);

/// A set in brackets, behind its '[', as a PCRE2 pattern that takes one character.
/// @throws Error{unsupported} for sets within it and intersections.
std::string take_brackets(PatternReader& reader, bool ignore_case);

/// Whether letters are told by their case.
bool is_cased(const CharacterSet& set);

}  // namespace ogam
