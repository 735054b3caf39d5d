#include "core/text/word_count.h"

namespace ogam {

std::size_t count_words(std::string_view text) {
  std::size_t count = 0;
  bool inside = false;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    count += !space && !inside ? 1 : 0;
    inside = !space;
  }
  return count;
}

}  // namespace ogam
