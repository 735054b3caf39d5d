#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ogam {

bool is_valid_utf8(std::string_view text);

/// Broken byte sequences become U+FFFD: one for each longest beginning of a character that is cut
/// short, and for each other byte. Source: The Unicode Standard, section 3.9, U+FFFD substitution
/// of maximal subparts.
std::string repair_utf8(std::string_view text);

enum class NormalizationForm { nfc, nfd, nfkc, nfkd };

/// `text`, repaired first, in a normalization form of Unicode Standard Annex 15. A run of more than
/// 256 combining marks is normalised in parts, so that time grows with the length of the text and
/// no faster.
std::string normalize(std::string_view text, NormalizationForm form);

/// Canonical composition: `normalize` to NFC. Decomposed Hangul becomes syllables.
std::string to_nfc(std::string_view text);

/// For matching words: NFKC, case folded, diacritics kept; long runs of marks as in normalize.
std::string fold_for_matching(std::string_view text);

/// The text in lower case where all its Latin letters are capitals, as on signs and title cards,
/// otherwise as it is: text encoders know words as sentences write them.
std::string calm_capitals(std::string_view text);

/// A character and how many bytes it takes.
struct Character {
  char32_t code_point = 0;
  std::size_t size = 0;
};

/// The first character of `text`, which is valid UTF-8 and not empty.
Character first_character(std::string_view text);
/// The last character of `text`, which is valid UTF-8 and not empty.
Character last_character(std::string_view text);

/// Code points of valid UTF-8.
std::vector<char32_t> code_points(std::string_view text);
void append_utf8(char32_t code_point, std::string& out);

bool is_hangul_syllable(char32_t code_point);
bool is_letter_or_digit(char32_t code_point);
/// Of a category Number.
bool is_number(char32_t code_point);
/// Of a category Punctuation, or one of the ASCII signs !"#$%&'()*+,-./:;<=>?@[\]^_`{|}~.
bool is_punctuation(char32_t code_point);
/// Of a category Mark: nonspacing, spacing or enclosing.
bool is_mark(char32_t code_point);
bool is_nonspacing_mark(char32_t code_point);
/// A control, format or private use character.
bool is_control(char32_t code_point);
/// The property White_Space.
bool is_white_space(char32_t code_point);
/// Part of a word as regular expressions see it: letters, marks, digits, connectors and joiners.
/// Source: Unicode Technical Standard 18, annex C, `\w`.
bool is_word_character(char32_t code_point);

/// Appends the character in lower case; a capital I with a dot above becomes two characters.
void append_lower_case(char32_t code_point, std::string& out);

/// Where the first extended grapheme cluster of `text` (valid UTF-8, not empty) ends, in bytes.
/// Source: Unicode Standard Annex 29.
std::size_t grapheme_size(std::string_view text);

/// Columns that `text` takes on a terminal: wide characters count two, combining marks none.
int display_width(std::string_view text);

}  // namespace ogam
