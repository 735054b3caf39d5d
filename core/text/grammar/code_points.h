#pragma once

#include <string>
#include <utility>
#include <vector>

namespace ogam {

/// A set of Unicode's scalar values: code points without surrogates.
class CodePoints {
 public:
  using Range = std::pair<char32_t, char32_t>;  ///< first and last

  CodePoints() = default;
  explicit CodePoints(std::vector<Range> ranges);
  static CodePoints all();
  static CodePoints of(char32_t c) { return CodePoints({{c, c}}); }
  /// Those for which `holds` says so.
  static CodePoints where(bool (*holds)(char32_t));

  void add(const CodePoints& other);
  /// All others.
  CodePoints inverted() const;
  CodePoints without(const CodePoints& other) const;
  bool contains(char32_t c) const;

  /// Sorted; they neither touch nor overlap.
  const std::vector<Range>& ranges() const { return ranges_; }

 private:
  std::vector<Range> ranges_;
};

/// The classes of Python's `re` over text: `\d`, `\w` and `\s`.
const CodePoints& digit_code_points();
const CodePoints& word_code_points();
const CodePoints& space_code_points();

/// Code points as the byte ranges of their UTF-8, in order: each is a sequence of 1 to 4 ranges, of
/// which the first ones are equal or do not overlap.
std::vector<std::vector<std::pair<unsigned char, unsigned char>>> utf8_sequences(
    const CodePoints& points);

}  // namespace ogam
