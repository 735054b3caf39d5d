#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/grammar/grammar.h"

namespace ogam {

/// Numbers of digits with bounds, one or several of them with signs between: 7, 0:59, 1:02:03.4.
class Digits {
 public:
  using Rule = GrammarBuilder::Rule;

  explicit Digits(GrammarBuilder& builder) : builder_(builder) {}

  /// Whole numbers from `min` to `max`, without zeros in front.
  Rule between(std::uint64_t min, std::uint64_t max);

  /// A part of a number such as a time.
  struct Field {
    std::string_view before;  ///< the sign in front of it
    std::size_t width = 0;    ///< digits, with zeros in front; 0 for as many as it takes
    std::uint64_t max = 0;    ///< its largest value, the smallest one is 0
  };
  /// Values of some fields, in their order, that lie between two others.
  Rule between(const std::vector<Field>& fields, const std::vector<std::uint64_t>& min,
               const std::vector<std::uint64_t>& max);

 private:
  Rule digit(char first, char last);
  /// Texts of digits of one length.
  Rule between(std::string_view min, std::string_view max);
  Rule part(const Field& field, std::uint64_t min, std::uint64_t max);

  GrammarBuilder& builder_;
};

}  // namespace ogam
