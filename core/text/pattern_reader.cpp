#include "core/text/pattern_reader.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "core/base/error.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

struct ControlEscape {
  char letter;
  char32_t code_point;
};
constexpr std::array kControlEscapes = {ControlEscape{'a', 0x07}, ControlEscape{'e', 0x1B},
                                        ControlEscape{'f', 0x0C}, ControlEscape{'n', 0x0A},
                                        ControlEscape{'r', 0x0D}, ControlEscape{'t', 0x09},
                                        ControlEscape{'v', 0x0B}};

}  // namespace

bool PatternReader::take(std::string_view text) {
  const bool found = rest().starts_with(text);
  position_ += found ? text.size() : 0;
  return found;
}

std::optional<std::string_view> PatternReader::take_until(std::string_view end) {
  const auto size = rest().find(end);
  if (size == std::string_view::npos) {
    return std::nullopt;
  }
  const auto text = rest().substr(0, size);
  position_ += size + end.size();
  return text;
}

char PatternReader::take_byte() {
  if (at_end()) {
    refuse("a pattern that ends early");
  }
  return pattern_[position_++];
}

char32_t PatternReader::take_code_point() {
  if (at_end()) {
    refuse("a pattern that ends early");
  }
  const auto character = first_character(rest());
  position_ += character.size;
  return character.code_point;
}

std::optional<char32_t> PatternReader::take_escaped() {
  constexpr std::size_t kMaxDigits = 8;
  const auto* const control =
      std::find_if(kControlEscapes.begin(), kControlEscapes.end(),
                   [&](const ControlEscape& row) { return row.letter == peek(); });
  if (control != kControlEscapes.end()) {
    ++position_;
    return control->code_point;
  }
  if (take("u")) {
    return take_hexadecimal(4, 4);
  }
  if (take("x{")) {
    const auto code_point = take_hexadecimal(1, kMaxDigits);
    if (!take("}")) {
      refuse("a list of code points");
    }
    return code_point;
  }
  if (take("x")) {
    const auto byte = take_hexadecimal(1, 2);
    if (byte >= 0x80) {
      refuse("a single byte of a character");
    }
    return byte;
  }
  if (std::isalnum(static_cast<unsigned char>(peek())) != 0) {
    return std::nullopt;
  }
  return take_code_point();
}

void PatternReader::refuse(std::string_view what) const {
  fail(ErrorCode::unsupported, "regular expression '{}': {} is not implemented", pattern_, what);
}

char32_t PatternReader::take_hexadecimal(std::size_t min_digits, std::size_t max_digits) {
  constexpr char32_t kLastCodePoint = 0x10FFFF;
  const auto is_surrogate = [](char32_t c) { return c >= 0xD800 && c <= 0xDFFF; };
  char32_t value = 0;
  std::size_t digits = 0;
  for (; digits < max_digits && std::isxdigit(static_cast<unsigned char>(peek())) != 0; ++digits) {
    const int c = std::tolower(static_cast<unsigned char>(take_byte()));
    value = value * 16 + static_cast<char32_t>(c <= '9' ? c - '0' : c - 'a' + 10);
  }
  if (digits < min_digits || value > kLastCodePoint || is_surrogate(value)) {
    refuse("a code point that is none");
  }
  return value;
}

}  // namespace ogam
