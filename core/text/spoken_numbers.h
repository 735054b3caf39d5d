#pragma once

#include <string>
#include <string_view>

namespace ogam {

/// Whether numbers can be written as words in a language.
/// @param language ISO 639-1 or 639-3: "en", "eng", "ko", "kor".
bool spells_numbers(std::string_view language);

/// Writes the numbers of a text as words, for voices that know no digits: whole numbers below
/// 10^16, with or without commas between the thousands, with decimals, a minus before them or a
/// percent sign behind them. English ordinals ("3rd") are ordinals; Korean numbers are Sino-Korean.
/// Longer numbers, and those that begin with 0, are read digit by digit.
///
/// @param text valid UTF-8.
/// @param language one that spells_numbers; in others nothing is changed.
std::string spell_numbers(std::string_view text, std::string_view language);

}  // namespace ogam
