#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ogam {

bool is_valid_utf8(std::string_view text);

/// Broken byte sequences become U+FFFD.
std::string repair_utf8(std::string_view text);

/// Canonical composition (NFC) of `text`, repaired first. Decomposed Hangul becomes syllables. A
/// run of more than 256 combining marks is brought to NFC in parts, so that time grows with the
/// length of the text and no faster.
std::string to_nfc(std::string_view text);

/// For matching words: NFKC, case folded, diacritics kept; long runs of marks as in to_nfc.
std::string fold_for_matching(std::string_view text);

/// The text in lower case where all its Latin letters are capitals, as on signs and title cards,
/// otherwise as it is: text encoders know words as sentences write them.
std::string calm_capitals(std::string_view text);

/// Code points of valid UTF-8.
std::vector<char32_t> code_points(std::string_view text);
void append_utf8(char32_t code_point, std::string& out);

bool is_hangul_syllable(char32_t code_point);
bool is_letter_or_digit(char32_t code_point);
/// The property White_Space.
bool is_white_space(char32_t code_point);
/// Part of a word as regular expressions see it: letters, marks, digits, connectors and joiners.
/// Source: Unicode Technical Standard 18, annex C, `\w`.
bool is_word_character(char32_t code_point);

/// Columns that `text` takes on a terminal: wide characters count two, combining marks none.
int display_width(std::string_view text);

}  // namespace ogam
