#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace ogam {

/// A compiled regular expression over UTF-8, with Unicode properties (PCRE2 syntax).
class Regex {
 public:
  /// @throws Error{internal} naming what is wrong with `pattern`.
  explicit Regex(const std::string& pattern);
  ~Regex();
  Regex(Regex&&) noexcept;

  struct Match {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  /// The first match at or after byte `from`.
  ///
  /// @param text valid UTF-8; `from` lies between two characters.
  /// @throws Error{resource_exhausted} when the match would take too long.
  std::optional<Match> find(std::string_view text, std::size_t from) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ogam
