#pragma once

#include <string>
#include <string_view>

namespace ogam {

/// A regular expression in Oniguruma's own syntax, as tokenizer.json has it, in the syntax that
/// `Regex` takes. What differs is rewritten: `\s`, `\w`, `\b`, `\h`, `\v`, scripts such as
/// `\p{Han}`, POSIX brackets, `{n,m}+`, `{n}?`, options within a pattern. Groups do not capture.
/// Source: Oniguruma 6.9, doc/RE.
///
/// @throws Error{unsupported} naming what has no counterpart: back references, sets within sets,
///     `\G`, `\K`, letters beyond ASCII and letters that fold together (ss, ff, fi, fl, st) where
///     case is ignored, and what is no regular expression.
std::string oniguruma_to_pcre(std::string_view pattern);

}  // namespace ogam
