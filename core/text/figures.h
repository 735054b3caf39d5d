#pragma once

#include <string_view>
#include <vector>

namespace ogam {

/// The numbers that a text names, in order, however they are written: "1,500", "1.5 million",
/// "twenty-five", "3만 5천", "이십오", "아홉 시". Of a time such as 9:30 each part that is not zero
/// is one. To tell whether a text names numbers that another one does not.
///
/// Words that are more often no numbers are left out: "one", "first", "second", 한, 이, and Korean
/// numerals of one syllable where no word to count with follows.
/// @param text any; broken UTF-8 is repaired.
std::vector<double> figures_in(std::string_view text);

/// Whether two numbers are the same but for rounding.
bool is_same_figure(double a, double b);

}  // namespace ogam
