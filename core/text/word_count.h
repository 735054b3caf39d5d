#pragma once

#include <cstddef>
#include <string_view>

namespace ogam {

/// Words of a text: runs of anything but white space.
std::size_t count_words(std::string_view text);

}  // namespace ogam
