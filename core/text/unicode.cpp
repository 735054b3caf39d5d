#include "core/text/unicode.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "core/base/error.h"

namespace ogam {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

const utf8proc_uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

/// The code point at the start of `text` and its length in bytes; a length of 0 or less where the
/// bytes are not UTF-8.
struct Decoded {
  utf8proc_int32_t code_point = -1;
  utf8proc_ssize_t length = 0;
};

Decoded decode_first(std::string_view text) {
  Decoded decoded;
  decoded.length = utf8proc_iterate(bytes_of(text), static_cast<utf8proc_ssize_t>(text.size()),
                                    &decoded.code_point);
  return decoded;
}

utf8proc_category_t category_of(char32_t code_point) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(code_point));
}

/// Bytes of the broken sequence that `text` begins with, up to where it stopped being UTF-8.
std::size_t broken_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  const std::size_t size = lead < 0xC2 || lead > 0xF4 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  std::size_t length = 1;
  for (; length < std::min(size, text.size()); ++length) {
    // The second byte may not make the code point overlong, a surrogate or too large.
    const bool second = length == 1;
    const unsigned low = second && lead == 0xE0 ? 0xA0 : second && lead == 0xF0 ? 0x90 : 0x80;
    const unsigned high = second && lead == 0xED ? 0x9F : second && lead == 0xF4 ? 0x8F : 0xBF;
    if (byte(length) < low || byte(length) > high) {
      break;
    }
  }
  return length;
}

/// Bytes of `text` (valid UTF-8) before the first run of combining marks grows beyond what is put
/// in order at once; all of them in any text that a person wrote.
std::size_t orderly_length(std::string_view text) {
  constexpr int kMaxMarks = 256;
  int marks = 0;
  std::size_t end = 0;
  while (end < text.size()) {
    const auto decoded = decode_first(text.substr(end));
    // By category, not by combining class: some marks of class 0 decompose into others.
    marks = is_mark(static_cast<char32_t>(decoded.code_point)) ? marks + 1 : 0;
    if (marks > kMaxMarks) {
      return end;
    }
    end += static_cast<std::size_t>(decoded.length);
  }
  return end;
}

/// Note: [Long runs of marks] utf8proc puts a run of combining marks in order by insertion, which
/// takes quadratic time: minutes for a hostile text of one megabyte. Such a run is cut, and each
/// part is normalised by itself.
std::string map_text(std::string_view text, int options) {
  const std::string repaired = repair_utf8(text);
  std::string result;
  for (std::string_view rest = repaired; !rest.empty();) {
    const std::string_view part = rest.substr(0, orderly_length(rest));
    rest.remove_prefix(part.size());
    utf8proc_uint8_t* mapped = nullptr;
    const auto length = utf8proc_map(bytes_of(part), static_cast<utf8proc_ssize_t>(part.size()),
                                     &mapped, static_cast<utf8proc_option_t>(options));
    const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(mapped, &std::free);
    require(length >= 0, ErrorCode::internal, "cannot normalise {} bytes of text: {}", text.size(),
            utf8proc_errmsg(length));
    result.append(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(length));
  }
  return result;
}

bool is_ascii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto decoded = decode_first(text);
    if (decoded.length <= 0) {
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(decoded.length));
  }
  return true;
}

std::string repair_utf8(std::string_view text) {
  std::string repaired;
  repaired.reserve(text.size());
  while (!text.empty()) {
    const auto decoded = decode_first(text);
    const std::size_t length =
        decoded.length > 0 ? static_cast<std::size_t>(decoded.length) : broken_length(text);
    repaired += decoded.length > 0 ? text.substr(0, length) : kReplacement;
    text.remove_prefix(length);
  }
  return repaired;
}

std::string normalize(std::string_view text, NormalizationForm form) {
  constexpr std::array kOptions = {UTF8PROC_STABLE | UTF8PROC_COMPOSE,
                                   UTF8PROC_STABLE | UTF8PROC_DECOMPOSE,
                                   UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT,
                                   UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT};
  return is_ascii(text) ? std::string(text)
                        : map_text(text, kOptions[static_cast<std::size_t>(form)]);
}

std::string to_nfc(std::string_view text) { return normalize(text, NormalizationForm::nfc); }

std::string fold_for_matching(std::string_view text) {
  return map_text(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD);
}

std::string calm_capitals(std::string_view text) {
  std::string calm(text);
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  const bool has_small =
      std::any_of(calm.begin(), calm.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (!has_small && std::count_if(calm.begin(), calm.end(), is_capital) > 1) {
    for (char& c : calm) {
      c = is_capital(c) ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return calm;
}

Character first_character(std::string_view text) {
  const auto decoded = decode_first(text);
  require(decoded.length > 0, ErrorCode::invalid_argument, "text is not UTF-8 at its last {} bytes",
          text.size());
  return {static_cast<char32_t>(decoded.code_point), static_cast<std::size_t>(decoded.length)};
}

Character last_character(std::string_view text) {
  std::size_t begin = text.empty() ? 0 : text.size() - 1;
  while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) {
    --begin;
  }
  return first_character(text.substr(begin));
}

std::vector<char32_t> code_points(std::string_view text) {
  std::vector<char32_t> points;
  points.reserve(text.size());
  while (!text.empty()) {
    const auto character = first_character(text);
    points.push_back(character.code_point);
    text.remove_prefix(character.size);
  }
  return points;
}

void append_utf8(char32_t code_point, std::string& out) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code_point), bytes.data());
  require(length > 0, ErrorCode::invalid_argument, "U+{:X} is not a code point",
          static_cast<std::uint32_t>(code_point));
  out.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length));
}

bool is_hangul_syllable(char32_t code_point) {
  return code_point >= 0xAC00 && code_point <= 0xD7A3;
}

bool is_letter_or_digit(char32_t code_point) {
  const auto category = category_of(code_point);
  return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
         is_number(code_point);
}

bool is_number(char32_t code_point) {
  const auto category = category_of(code_point);
  return category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
}

bool is_punctuation(char32_t code_point) {
  const auto category = category_of(code_point);
  const bool ascii_symbol =
      code_point < 0x80 && category >= UTF8PROC_CATEGORY_SM && category <= UTF8PROC_CATEGORY_SO;
  return ascii_symbol || (category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO);
}

bool is_mark(char32_t code_point) {
  const auto category = category_of(code_point);
  return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

bool is_nonspacing_mark(char32_t code_point) {
  return category_of(code_point) == UTF8PROC_CATEGORY_MN;
}

bool is_control(char32_t code_point) {
  const auto category = category_of(code_point);
  return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF ||
         category == UTF8PROC_CATEGORY_CO;
}

bool is_white_space(char32_t code_point) {
  return (code_point >= 0x09 && code_point <= 0x0D) || code_point == 0x20 || code_point == 0x85 ||
         code_point == 0xA0 || code_point == 0x1680 ||
         (code_point >= 0x2000 && code_point <= 0x200A) || code_point == 0x2028 ||
         code_point == 0x2029 || code_point == 0x202F || code_point == 0x205F ||
         code_point == 0x3000;
}

bool is_word_character(char32_t code_point) {
  const auto within = [code_point](char32_t first, char32_t last) {
    return code_point >= first && code_point <= last;
  };
  const auto category = category_of(code_point);
  const bool letter_mark_or_number =
      category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NL;
  const bool letter_in_circle_or_square = within(0x24B6, 0x24E9) || within(0x1F130, 0x1F149) ||
                                          within(0x1F150, 0x1F169) || within(0x1F170, 0x1F189);
  const bool joiner = within(0x200C, 0x200D);
  return letter_mark_or_number || category == UTF8PROC_CATEGORY_PC || letter_in_circle_or_square ||
         joiner;
}

void append_lower_case(char32_t code_point, std::string& out) {
  constexpr char32_t kDottedCapitalI = 0x130;
  if (code_point == kDottedCapitalI) {
    out += "i\u0307";
    return;
  }
  append_utf8(static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code_point))),
              out);
}

std::size_t grapheme_size(std::string_view text) {
  utf8proc_int32_t state = 0;
  auto left = first_character(text);
  std::size_t size = left.size;
  while (size < text.size()) {
    const auto right = first_character(text.substr(size));
    if (utf8proc_grapheme_break_stateful(static_cast<utf8proc_int32_t>(left.code_point),
                                         static_cast<utf8proc_int32_t>(right.code_point),
                                         &state) != 0) {
      break;
    }
    size += right.size;
    left = right;
  }
  return size;
}

int display_width(std::string_view text) {
  int width = 0;
  for (const char32_t code_point : code_points(repair_utf8(text))) {
    width += utf8proc_charwidth(static_cast<utf8proc_int32_t>(code_point));
  }
  return width;
}

}  // namespace ogam
