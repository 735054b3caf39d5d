#include "apps/ogam/nearest_word.h"

#include <algorithm>

namespace ogam {

namespace {

/// Source: Damerau-Levenshtein distance in its restricted form, where no letter is moved twice.
std::size_t slips_between(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> slips(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        slips[i][j] = i + j;
        continue;
      }
      const std::size_t wrong = slips[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      slips[i][j] = std::min({slips[i - 1][j] + 1, slips[i][j - 1] + 1, wrong});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        slips[i][j] = std::min(slips[i][j], slips[i - 2][j - 2] + 1);
      }
    }
  }
  return slips[a.size()][b.size()];
}

}  // namespace

std::string nearest_word(std::string_view word, const std::vector<std::string>& known) {
  constexpr std::size_t kLongestWord = 64;
  constexpr std::size_t kShortWord = 4;  // of which every second letter says something else
  if (word.size() < 2 || word.size() > kLongestWord) {
    return "";
  }
  const std::size_t most = word.size() <= kShortWord ? 1 : 2;
  std::size_t fewest = most + 1;
  std::string nearest;
  for (const std::string& candidate : known) {
    const std::size_t slips = candidate.starts_with(word) ? 1 : slips_between(word, candidate);
    if (slips < fewest) {
      fewest = slips;
      nearest = candidate;
    } else if (slips == fewest) {
      nearest.clear();
    }
  }
  return nearest;
}

}  // namespace ogam
