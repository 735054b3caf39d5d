#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ogam {

/// Cuts a text into passages that a sentence encoder can tell apart: at blank lines, then at ends
/// of sentences, each about 200 characters at most and never within a word. Empty passages are left
/// out.
std::vector<std::string> split_into_passages(std::string_view text);

}  // namespace ogam
