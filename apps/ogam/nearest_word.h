#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ogam {

/// The one of `known` that `word` was probably meant to be: it begins with `word`, or a slip or two
/// (a letter too many, too few, wrong, or two in each other's place) lie between. Empty when there
/// is none, or more than one just as near.
std::string nearest_word(std::string_view word, const std::vector<std::string>& known);

}  // namespace ogam
