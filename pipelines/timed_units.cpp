#include "pipelines/timed_units.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "core/text/unicode.h"

namespace ogam {
namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/// Words at spaces; a word that is wider than a line is divided at characters.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    if (!is_space(c)) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) {
    words.push_back(word);
  }
  return words;
}

/// Without word times, words share the utterance's time by their width.
std::vector<TimedUnit> units_by_width(const TimedText& utterance) {
  const auto words = words_of(utterance.text);
  double total = 0;
  for (const auto& word : words) {
    total += display_width(word) + 1;
  }
  std::vector<TimedUnit> units;
  double before = 0;
  const auto at = [&](double width) {
    return utterance.span.start +
           static_cast<Time>(
               std::llround(static_cast<double>(utterance.span.duration()) * width / total));
  };
  for (const auto& word : words) {
    const double width = display_width(word) + 1;
    units.push_back({word, {at(before), at(before + width)}, true});
    before += width;
  }
  return units;
}

/// The words as they stand in the text: whether a space precedes each is read from it. Where the
/// words do not make up the whole text, the text is right.
std::vector<TimedUnit> units_of_words(const TimedText& utterance) {
  const std::string_view text = utterance.text;
  const auto only_space = [](std::string_view part) {
    return std::all_of(part.begin(), part.end(), is_space);
  };
  std::vector<TimedUnit> units;
  std::size_t position = 0;
  for (const auto& word : utterance.words) {
    const auto found = text.find(word.text, position);
    if (found == std::string_view::npos || !only_space(text.substr(position, found - position))) {
      return units_by_width(utterance);
    }
    const bool spaced = found > 0 && is_space(text[found - 1]);
    units.push_back({word.text, word.span, spaced});
    position = found + word.text.size();
  }
  return only_space(text.substr(position)) ? units : units_by_width(utterance);
}

}  // namespace

std::vector<TimedUnit> timed_units(const TimedText& utterance) {
  return utterance.words.empty() ? units_by_width(utterance) : units_of_words(utterance);
}

}  // namespace ogam
