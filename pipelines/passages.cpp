#include "pipelines/passages.h"

#include <algorithm>

#include "core/text/unicode.h"

namespace ogam {

namespace {

constexpr std::size_t kLongest = 200;  // characters

bool is_space(char32_t point) {
  return point == U' ' || point == U'\n' || point == U'\t' || point == U'\r' || point == U'\u3000';
}

bool ends_sentence(char32_t point) {
  constexpr std::u32string_view kEnds = U".!?。！？…";
  return kEnds.find(point) != std::u32string_view::npos;
}

std::string to_utf8(const std::vector<char32_t>& points, std::size_t first, std::size_t last) {
  std::string text;
  bool gap = false;
  for (std::size_t i = first; i < last; ++i) {
    if (is_space(points[i])) {
      gap = !text.empty();
      continue;
    }
    if (gap) {
      text += ' ';
      gap = false;
    }
    append_utf8(points[i], text);
  }
  return text;
}

/// Where the passage that begins at `first` ends.
std::size_t end_of_passage(const std::vector<char32_t>& points, std::size_t first) {
  std::size_t sentence = first;  // after the last sentence that ends in reach
  std::size_t word = first;      // after the last word that does
  int line_breaks = 0;
  for (std::size_t i = first; i < points.size(); ++i) {
    if (i - first >= kLongest) {
      return sentence > first ? sentence : word > first ? word : i;
    }
    if (!is_space(points[i])) {
      line_breaks = 0;
      continue;
    }
    word = i;
    if (i > first && ends_sentence(points[i - 1])) {
      sentence = i;
    }
    line_breaks += points[i] == U'\n' ? 1 : 0;
    if (line_breaks == 2) {
      return i + 1;
    }
  }
  return points.size();
}

}  // namespace

std::vector<std::string> split_into_passages(std::string_view text) {
  const std::vector<char32_t> points = code_points(to_nfc(text));
  std::vector<std::string> passages;
  for (std::size_t first = 0; first < points.size();) {
    const std::size_t last = std::max(first + 1, end_of_passage(points, first));
    if (std::string passage = to_utf8(points, first, last); !passage.empty()) {
      passages.push_back(std::move(passage));
    }
    first = last;
  }
  return passages;
}

}  // namespace ogam
