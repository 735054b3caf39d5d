#include "core/text/jinja/python_text.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/text/unicode.h"

namespace ogam::jinja {

namespace {

utf8proc_int32_t signed_point(char32_t c) { return static_cast<utf8proc_int32_t>(c); }

/// Letters whose capital is more than one letter, those of living Latin scripts.
struct LongCapital {
  char32_t letter;
  std::string_view upper;
  std::string_view title;
};
constexpr std::array kLongCapitals = {LongCapital{0xDF, "SS", "Ss"},
                                      LongCapital{0x149, "\u02BCN", "\u02BCN"},
                                      LongCapital{0x1F0, "J\u030C", "J\u030C"},
                                      LongCapital{0xFB00, "FF", "Ff"},
                                      LongCapital{0xFB01, "FI", "Fi"},
                                      LongCapital{0xFB02, "FL", "Fl"},
                                      LongCapital{0xFB03, "FFI", "Ffi"},
                                      LongCapital{0xFB04, "FFL", "Ffl"},
                                      LongCapital{0xFB05, "ST", "St"},
                                      LongCapital{0xFB06, "ST", "St"}};

enum class Case { upper, lower, title };

void append_cased(char32_t c, Case wanted, std::string& out) {
  if (wanted == Case::lower) {
    append_lower_case(c, out);
    return;
  }
  for (const auto& row : kLongCapitals) {
    if (row.letter == c) {
      out += wanted == Case::upper ? row.upper : row.title;
      return;
    }
  }
  append_utf8(static_cast<char32_t>(wanted == Case::upper ? utf8proc_toupper(signed_point(c))
                                                          : utf8proc_totitle(signed_point(c))),
              out);
}

std::string map_case(std::string_view text, Case wanted) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t c : code_points(text)) {
    append_cased(c, wanted, out);
  }
  return out;
}

utf8proc_category_t category(char32_t c) { return utf8proc_category(signed_point(c)); }
bool is_letter(char32_t c) {
  return category(c) >= UTF8PROC_CATEGORY_LU && category(c) <= UTF8PROC_CATEGORY_LO;
}
bool is_upper(char32_t c) { return utf8proc_isupper(signed_point(c)) != 0; }
bool is_lower(char32_t c) { return utf8proc_islower(signed_point(c)) != 0; }
bool is_title(char32_t c) { return category(c) == UTF8PROC_CATEGORY_LT; }
bool is_cased(char32_t c) { return is_upper(c) || is_lower(c) || is_title(c); }

/// Words as `str.istitle` sees them: capitals only behind what has no case.
bool is_titled(const std::vector<char32_t>& points) {
  bool inside = false;
  bool any = false;
  for (const char32_t c : points) {
    if ((is_upper(c) || is_title(c)) ? inside : is_lower(c) && !inside) {
      return false;
    }
    inside = is_cased(c);
    any = any || inside;
  }
  return any;
}

bool has_case(const std::vector<char32_t>& points, bool (*other)(char32_t)) {
  return std::any_of(points.begin(), points.end(), is_cased) &&
         std::none_of(points.begin(), points.end(),
                      [&](char32_t c) { return other(c) || is_title(c); });
}

}  // namespace

bool is_python_space(char32_t c) { return is_white_space(c) || (c >= 0x1C && c <= 0x1F); }

bool is_printable(char32_t c) {
  const auto kind = category(c);
  const bool separator = kind >= UTF8PROC_CATEGORY_ZS && kind <= UTF8PROC_CATEGORY_ZP;
  return c == ' ' || !(separator || is_control(c) || kind == UTF8PROC_CATEGORY_CN ||
                       kind == UTF8PROC_CATEGORY_CS);
}

std::size_t length(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::vector<std::size_t> character_starts(std::string_view text) {
  std::vector<std::size_t> starts;
  starts.reserve(text.size() + 1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) {
      starts.push_back(i);
    }
  }
  starts.push_back(text.size());
  return starts;
}

std::string_view strip(std::string_view text, Side side, const std::string* characters) {
  auto wanted = characters == nullptr ? std::vector<char32_t>() : code_points(*characters);
  std::sort(wanted.begin(), wanted.end());
  const auto is_stripped = [&](char32_t c) {
    return characters == nullptr ? is_python_space(c)
                                 : std::binary_search(wanted.begin(), wanted.end(), c);
  };
  while (side != Side::right && !text.empty()) {
    const auto character = first_character(text);
    if (!is_stripped(character.code_point)) {
      break;
    }
    text.remove_prefix(character.size);
  }
  while (side != Side::left && !text.empty()) {
    const auto character = last_character(text);
    if (!is_stripped(character.code_point)) {
      break;
    }
    text.remove_suffix(character.size);
  }
  return text;
}

std::string to_upper(std::string_view text) { return map_case(text, Case::upper); }
std::string to_lower(std::string_view text) { return map_case(text, Case::lower); }

std::string to_title(std::string_view text) {
  std::string out;
  bool inside = false;
  for (const char32_t c : code_points(text)) {
    append_cased(c, inside ? Case::lower : Case::title, out);
    inside = is_cased(c);
  }
  return out;
}

std::string capitalize(std::string_view text) {
  if (text.empty()) {
    return "";
  }
  const auto first = first_character(text).size;
  return map_case(text.substr(0, first), Case::title) + to_lower(text.substr(first));
}

bool all_characters(std::string_view text, CharacterTest test) {
  const auto points = code_points(text);
  const auto all = [&](auto predicate) {
    return !points.empty() && std::all_of(points.begin(), points.end(), predicate);
  };
  const auto is_decimal = [](char32_t c) { return category(c) == UTF8PROC_CATEGORY_ND; };
  // Other numbers that stand for a digit: superscripts, digits in circles and the like.
  const auto is_digit = [&](char32_t c) {
    return is_decimal(c) || c == 0xB2 || c == 0xB3 || c == 0xB9 || (c >= 0x2070 && c <= 0x2089) ||
           (c >= 0x2460 && c <= 0x2468) || (c >= 0x2474 && c <= 0x247C) ||
           (c >= 0x2488 && c <= 0x2490);
  };
  switch (test) {
    case CharacterTest::alpha:
      return all(is_letter);
    case CharacterTest::decimal:
      return all(is_decimal);
    case CharacterTest::digit:
      return all(is_digit);
    case CharacterTest::numeric:
      return all(is_number);
    case CharacterTest::alnum:
      return all(is_letter_or_digit);
    case CharacterTest::space:
      return all(is_python_space);
    case CharacterTest::lower:
      return has_case(points, is_upper);
    case CharacterTest::upper:
      return has_case(points, is_lower);
    case CharacterTest::title:
      return is_titled(points);
  }
  return false;
}

std::size_t find_text(std::string_view text, std::string_view needle, std::size_t from) {
  if (from > text.size()) {
    return std::string_view::npos;
  }
  if (needle.empty()) {
    return from;
  }
  // std::string_view::find may take the product of both lengths.
  const void* const found =
      ::memmem(text.data() + from, text.size() - from, needle.data(), needle.size());
  return found == nullptr ? std::string_view::npos
                          : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

std::size_t count_text(std::string_view text, std::string_view needle) {
  if (needle.empty()) {
    return length(text) + 1;
  }
  std::size_t count = 0;
  for (auto at = find_text(text, needle); at != std::string_view::npos;
       at = find_text(text, needle, at + needle.size())) {
    ++count;
  }
  return count;
}

std::size_t find_last_text(std::string_view text, std::string_view needle) {
  const std::string reversed(text.rbegin(), text.rend());
  const std::string reversed_needle(needle.rbegin(), needle.rend());
  const auto at = find_text(reversed, reversed_needle);
  return at == std::string_view::npos ? at : text.size() - at - needle.size();
}

std::vector<std::string_view> split_at_space(std::string_view text, long limit) {
  std::vector<std::string_view> parts;
  text = strip(text, Side::left);
  while (!text.empty()) {
    if (limit >= 0 && static_cast<long>(parts.size()) == limit) {
      parts.push_back(strip(text, Side::right));
      break;
    }
    std::size_t end = 0;
    while (end < text.size()) {
      const auto character = first_character(text.substr(end));
      if (is_python_space(character.code_point)) {
        break;
      }
      end += character.size;
    }
    parts.push_back(text.substr(0, end));
    text = strip(text.substr(end), Side::left);
  }
  return parts;
}

std::vector<std::string_view> split_at_last_space(std::string_view text, long limit) {
  std::vector<std::string_view> parts;
  text = strip(text, Side::right);
  while (!text.empty()) {
    if (limit >= 0 && static_cast<long>(parts.size()) == limit) {
      parts.push_back(strip(text, Side::left));
      break;
    }
    std::size_t begin = text.size();
    while (begin > 0) {
      const auto character = last_character(text.substr(0, begin));
      if (is_python_space(character.code_point)) {
        break;
      }
      begin -= character.size;
    }
    parts.push_back(text.substr(begin));
    text = strip(text.substr(0, begin), Side::right);
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string_view> split_at(std::string_view text, std::string_view separator,
                                       long limit) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  while (limit < 0 || static_cast<long>(parts.size()) < limit) {
    const auto at = find_text(text, separator, begin);
    if (at == std::string_view::npos) {
      break;
    }
    parts.push_back(text.substr(begin, at - begin));
    begin = at + separator.size();
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::vector<std::string_view> split_at_last(std::string_view text, std::string_view separator,
                                            long limit) {
  const std::string reversed(text.rbegin(), text.rend());
  const std::string reversed_separator(separator.rbegin(), separator.rend());
  std::vector<std::string_view> parts;
  std::size_t end = text.size();  // of the part that is cut off next
  for (const auto part : split_at(reversed, reversed_separator, limit)) {
    parts.push_back(text.substr(end - part.size(), part.size()));
    end -= std::min(end, part.size() + separator.size());
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<std::string_view> split_lines(std::string_view text, bool keep_ends) {
  const auto is_end = [](char32_t c) {
    return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 ||
           c == 0x2029;
  };
  std::vector<std::string_view> lines;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto character = first_character(text.substr(at));
    std::size_t next = at + character.size;
    if (is_end(character.code_point)) {
      next += text.substr(at).starts_with("\r\n") ? 1 : 0;
      lines.push_back(text.substr(begin, (keep_ends ? next : at) - begin));
      begin = next;
    }
    at = next;
  }
  if (begin < text.size()) {
    lines.push_back(text.substr(begin));
  }
  return lines;
}

std::string text_literal(std::string_view text) {
  const bool double_quotes =
      text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
  const char quote = double_quotes ? '"' : '\'';
  std::string out(1, quote);
  for (const char32_t c : code_points(text)) {
    constexpr std::string_view kNamed = "\tt\nn\rr";
    const auto named = c < 0x80 ? kNamed.find(static_cast<char>(c)) : std::string_view::npos;
    if (c == static_cast<char32_t>(quote) || c == '\\') {
      out += {'\\', static_cast<char>(c)};
    } else if (named != std::string_view::npos && named % 2 == 0) {
      out += {'\\', kNamed[named + 1]};
    } else if (is_printable(c)) {
      append_utf8(c, out);
    } else {
      const auto number = static_cast<std::uint32_t>(c);
      out += c < 0x100     ? fmt::format("\\x{:02x}", number)
             : c < 0x10000 ? fmt::format("\\u{:04x}", number)
                           : fmt::format("\\U{:08x}", number);
    }
  }
  return out + quote;
}

std::string float_text(double value) {
  if (std::isnan(value)) {
    return "nan";
  }
  if (std::isinf(value)) {
    return value < 0 ? "-inf" : "inf";
  }
  constexpr double kSmallest = 1e-4;  // that is written without an exponent
  constexpr double kLimit = 1e16;
  const double size = std::abs(value);
  std::array<char, 64> buffer{};
  const bool fixed = size == 0 || (size >= kSmallest && size < kLimit);
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                    fixed ? std::chars_format::fixed : std::chars_format::scientific);
  std::string text(buffer.data(), written.ptr);
  return text + (fixed && text.find('.') == std::string::npos ? ".0" : "");
}

}  // namespace ogam::jinja
