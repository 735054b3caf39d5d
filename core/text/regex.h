#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ogam {

/// A compiled regular expression over UTF-8, with Unicode properties (PCRE2 syntax). `^` and `$`
/// match at every line, of which U+000A alone is the end.
class Regex {
 public:
  /// @throws Error{unsupported} naming what is wrong with `pattern`.
  explicit Regex(const std::string& pattern);
  ~Regex();
  Regex(Regex&&) noexcept;

  /// A pattern that matches `text` and nothing else.
  static std::string escape(std::string_view text);

  struct Match {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  /// All matches from left to right, none within another. An empty match right behind another match
  /// is left out.
  ///
  /// @param text valid UTF-8.
  /// @throws Error{resource_exhausted} when a match would take too long.
  std::vector<Match> find_all(std::string_view text) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ogam
