#include "core/text/grammar/code_points.h"

#include <utf8proc.h>

#include <algorithm>
#include <utility>

#include "core/text/unicode.h"

namespace ogam {

namespace {

constexpr char32_t kLast = 0x10FFFF;
constexpr char32_t kBeforeSurrogates = 0xD7FF;
constexpr char32_t kBehindSurrogates = 0xE000;

/// White space as `str.isspace` has it.
bool is_space(char32_t c) { return is_white_space(c) || (c >= 0x1C && c <= 0x1F); }
bool is_word(char32_t c) { return is_letter_or_digit(c) || c == '_'; }

/// `\d`: the category Nd.
bool is_decimal_digit(char32_t c) {
  return utf8proc_category(static_cast<utf8proc_int32_t>(c)) == UTF8PROC_CATEGORY_ND;
}

using Sequences = std::vector<std::vector<std::pair<unsigned char, unsigned char>>>;

/// Cuts a range where its encodings stop being the product of byte ranges.
void append_sequences(char32_t first, char32_t last, Sequences& out) {
  for (const char32_t end : {char32_t{0x7F}, char32_t{0x7FF}, char32_t{0xFFFF}}) {
    if (first <= end && last > end) {
      append_sequences(first, end, out);
      append_sequences(end + 1, last, out);
      return;
    }
  }
  const int continuations = last <= 0x7F ? 0 : last <= 0x7FF ? 1 : last <= 0xFFFF ? 2 : 3;
  for (int i = 1; i <= continuations; ++i) {
    const char32_t mask = (char32_t{1} << (6 * i)) - 1;
    if ((first & ~mask) == (last & ~mask)) {
      continue;
    }
    if ((first & mask) != 0) {
      append_sequences(first, first | mask, out);
      append_sequences((first | mask) + 1, last, out);
      return;
    }
    if ((last & mask) != mask) {
      append_sequences(first, (last & ~mask) - 1, out);
      append_sequences(last & ~mask, last, out);
      return;
    }
  }
  std::string low;
  std::string high;
  append_utf8(first, low);
  append_utf8(last, high);
  auto& sequence = out.emplace_back();
  for (std::size_t i = 0; i < low.size(); ++i) {
    sequence.emplace_back(static_cast<unsigned char>(low[i]), static_cast<unsigned char>(high[i]));
  }
}

}  // namespace

CodePoints::CodePoints(std::vector<Range> ranges) {
  std::sort(ranges.begin(), ranges.end());
  for (const auto& [first, last] : ranges) {
    for (const Range& part : {Range{first, std::min(last, kBeforeSurrogates)},
                              Range{std::max(first, kBehindSurrogates), std::min(last, kLast)}}) {
      if (part.first > part.second) {
        continue;
      }
      if (!ranges_.empty() && part.first <= ranges_.back().second + 1) {
        ranges_.back().second = std::max(ranges_.back().second, part.second);
      } else {
        ranges_.push_back(part);
      }
    }
  }
}

CodePoints CodePoints::all() { return CodePoints({{0, kLast}}); }

CodePoints CodePoints::where(bool (*holds)(char32_t)) {
  std::vector<Range> ranges;
  for (char32_t c = 0; c <= kLast; ++c) {
    if (c > kBeforeSurrogates && c < kBehindSurrogates) {
      continue;
    }
    if (holds(c)) {
      if (!ranges.empty() && ranges.back().second + 1 == c) {
        ranges.back().second = c;
      } else {
        ranges.emplace_back(c, c);
      }
    }
  }
  return CodePoints(std::move(ranges));
}

void CodePoints::add(const CodePoints& other) {
  auto ranges = ranges_;
  ranges.insert(ranges.end(), other.ranges_.begin(), other.ranges_.end());
  *this = CodePoints(std::move(ranges));
}

CodePoints CodePoints::inverted() const {
  std::vector<Range> ranges;
  char32_t next = 0;
  for (const auto& [first, last] : ranges_) {
    if (first > next) {
      ranges.emplace_back(next, first - 1);
    }
    next = last + 1;
  }
  if (next <= kLast) {
    ranges.emplace_back(next, kLast);
  }
  return CodePoints(std::move(ranges));
}

CodePoints CodePoints::without(const CodePoints& other) const {
  auto rest = inverted();
  rest.add(other);
  return rest.inverted();
}

bool CodePoints::contains(char32_t c) const {
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [&](const Range& range) { return range.first <= c && c <= range.second; });
}

const CodePoints& digit_code_points() {
  static const CodePoints points = CodePoints::where(&is_decimal_digit);
  return points;
}

const CodePoints& word_code_points() {
  static const CodePoints points = CodePoints::where(&is_word);
  return points;
}

const CodePoints& space_code_points() {
  static const CodePoints points = CodePoints::where(&is_space);
  return points;
}

std::vector<std::vector<std::pair<unsigned char, unsigned char>>> utf8_sequences(
    const CodePoints& points) {
  Sequences sequences;
  for (const auto& [first, last] : points.ranges()) {
    append_sequences(first, last, sequences);
  }
  return sequences;
}

}  // namespace ogam
