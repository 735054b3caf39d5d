#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ogam {

/// Reads a regular expression in Oniguruma's syntax from left to right.
class PatternReader {
 public:
  /// @param pattern valid UTF-8 that stays in place.
  explicit PatternReader(std::string_view pattern) : pattern_(pattern) {}

  bool at_end() const { return position_ >= pattern_.size(); }
  std::string_view rest() const { return pattern_.substr(position_); }
  /// The next byte; NUL at the end.
  char peek() const { return at_end() ? '\0' : pattern_[position_]; }
  /// Skips `text` if it comes next.
  bool take(std::string_view text);
  /// What comes before `end`, which is skipped; nothing when it does not occur.
  std::optional<std::string_view> take_until(std::string_view end);
  char take_byte();
  char32_t take_code_point();
  /// The character that a backslash, already taken, and what follows stand for: `\n`, `\x41`,
  /// `\u0041`, `\x{41}` or a sign. Nothing is taken when a letter or digit means something else.
  std::optional<char32_t> take_escaped();

  /// @throws Error{unsupported}, always.
  [[noreturn]] void refuse(std::string_view what) const;

 private:
  char32_t take_hexadecimal(std::size_t min_digits, std::size_t max_digits);

  std::string_view pattern_;
  std::size_t position_ = 0;
};

}  // namespace ogam
