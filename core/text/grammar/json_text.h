#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/base/time.h"
#include "core/text/grammar/grammar.h"

namespace ogam {

/// The parts of JSON as rules. Numbers have few digits, so that no reader rounds them.
class JsonText {
 public:
  using Rule = GrammarBuilder::Rule;

  explicit JsonText(GrammarBuilder& builder) : builder_(builder) {}

  /// A string with from `min` to `max` characters, in any way that JSON writes them.
  Rule string(std::size_t min, std::optional<std::size_t> max);
  /// One of some characters within a string, escaped only where it must be.
  Rule character(const CodePoints& points);
  /// Within quotes.
  Rule quoted(Rule inside) { return builder_.sequence({quote(), inside, quote()}); }

  /// A whole number.
  Rule integer(std::optional<std::int64_t> min, std::optional<std::int64_t> max);
  /// Any number; with bounds, which are whole numbers, one without an exponent.
  Rule number(std::optional<std::int64_t> min, std::optional<std::int64_t> max);

  /// A moment of `span`, to the tenth of a second, as people write times: M:SS or H:MM:SS, with or
  /// without tenths. The moment just before the span where no tenth lies within it.
  Rule timestamp(const TimeSpan& span);

  Rule boolean() { return builder_.one_of({"false", "true"}); }
  Rule null() { return builder_.literal("null"); }
  Rule comma() { return builder_.one_of({",", ", "}); }
  Rule colon() { return builder_.one_of({":", ": "}); }
  /// `[item, ...]`.
  Rule array(Rule item, std::size_t min, std::optional<std::size_t> max);
  /// `{"any name": value, ...}`.
  Rule map(Rule value);

 private:
  Rule quote() { return builder_.literal("\""); }
  Rule digits(std::size_t min, std::size_t max);
  Rule escape();
  Rule whole(std::uint64_t min, std::uint64_t max);
  Rule fraction();
  Rule decimal(std::uint64_t min, std::uint64_t max);

  GrammarBuilder& builder_;
};

}  // namespace ogam
