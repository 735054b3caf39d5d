#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Python's `str` methods over UTF-8. All texts are valid UTF-8; positions and lengths count code
/// points.
namespace ogam::jinja {

/// `str.isspace` of one character: more than the property White_Space.
bool is_python_space(char32_t c);
/// `str.isprintable` of one character.
bool is_printable(char32_t c);

std::size_t length(std::string_view text);
/// Byte position of each code point, and that of the end.
std::vector<std::size_t> character_starts(std::string_view text);

enum class Side { left, right, both };
/// Without white space, or without the characters of `characters`, at its ends.
std::string_view strip(std::string_view text, Side side, const std::string* characters = nullptr);

std::string to_upper(std::string_view text);
std::string to_lower(std::string_view text);
std::string to_title(std::string_view text);
std::string capitalize(std::string_view text);

/// `str.islower` and its kin.
enum class CharacterTest { alpha, digit, decimal, numeric, alnum, space, lower, upper, title };
bool all_characters(std::string_view text, CharacterTest test);

/// Where `needle` begins in `text` at or behind `from`, in bytes; npos when it does not. Takes time
/// in the length of both together.
std::size_t find_text(std::string_view text, std::string_view needle, std::size_t from = 0);
std::size_t count_text(std::string_view text, std::string_view needle);
std::size_t find_last_text(std::string_view text, std::string_view needle);

/// `str.split()` at runs of white space, at most `limit` times; without limit when negative.
std::vector<std::string_view> split_at_space(std::string_view text, long limit);
std::vector<std::string_view> split_at_last_space(std::string_view text, long limit);
/// `str.split(separator)`; the separator is not empty.
std::vector<std::string_view> split_at(std::string_view text, std::string_view separator,
                                       long limit);
std::vector<std::string_view> split_at_last(std::string_view text, std::string_view separator,
                                            long limit);
std::vector<std::string_view> split_lines(std::string_view text, bool keep_ends);

/// `repr` of a text and of a float.
std::string text_literal(std::string_view text);
std::string float_text(double value);

}  // namespace ogam::jinja
