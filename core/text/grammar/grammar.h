#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/grammar/code_points.h"

namespace ogam {

/// A language of byte strings: rules that are small automata, whose edges take a byte or all of
/// another rule. Rules call only rules that were made before them, so none calls itself.
///
/// Made by GrammarBuilder; never changed. What cannot be finished was left out.
class Grammar {
 public:
  struct Edge {
    std::uint32_t target = 0;  ///< a position
    std::int32_t rule = -1;    ///< the rule that is taken, or -1 where a byte is
    std::uint8_t first = 0;    ///< the bytes
    std::uint8_t last = 0;
  };
  struct Position {
    std::uint32_t first_edge = 0;
    std::uint32_t edges = 0;
    bool ends_rule = false;
    std::uint64_t distance = 0;  ///< bytes from here to the end of the rule, at least
  };

  std::uint32_t start() const { return starts_.back(); }
  std::uint32_t rule_start(std::int32_t rule) const {
    return starts_[static_cast<std::size_t>(rule)];
  }
  const Position& position(std::uint32_t index) const { return positions_[index]; }
  const Edge* edges(const Position& position) const { return &edges_[position.first_edge]; }
  std::size_t size() const { return positions_.size(); }
  /// Bytes that no edge tells apart have the same class.
  const std::array<std::uint8_t, 256>& byte_classes() const { return byte_classes_; }
  std::size_t class_count() const { return byte_classes_.back() + std::size_t{1}; }

 private:
  friend class GrammarBuilder;

  std::vector<Position> positions_;
  std::vector<Edge> edges_;
  std::vector<std::uint32_t> starts_;  // of the rules; the last one is the whole language
  std::array<std::uint8_t, 256> byte_classes_{};
};

/// Makes rules from smaller ones. A rule of which no text is part is `never()`.
class GrammarBuilder {
 public:
  using Rule = std::int32_t;

  /// @param origin names the pattern or schema in errors.
  explicit GrammarBuilder(std::string origin);

  Rule never() const { return never_; }
  /// The empty text.
  Rule nothing() const { return nothing_; }
  Rule literal(std::string_view text);
  /// One of some texts.
  Rule one_of(const std::vector<std::string>& texts);
  /// One byte.
  Rule byte_between(unsigned char first, unsigned char last);
  /// One character, in UTF-8.
  Rule character(const CodePoints& points);
  Rule sequence(const std::vector<Rule>& rules);
  Rule any_of(const std::vector<Rule>& rules);
  Rule optional(Rule rule) { return any_of({nothing_, rule}); }
  /// @param max without end where not given.
  Rule repeat(Rule rule, std::size_t min, std::optional<std::size_t> max);

  /// An automaton whose edges take rules: edges[i] leave position i; the last position ends it.
  struct RuleEdge {
    Rule rule;
    std::size_t target;
  };
  Rule graph(const std::vector<std::vector<RuleEdge>>& edges);

  /// Whether a rule takes no text at all.
  bool is_never(Rule rule) const { return least_bytes(rule) == kNever; }

  /// @throws Error{invalid_argument} when no text is part of `rule`; Error{resource_exhausted} when
  ///     every one is very long.
  Grammar finish(Rule rule) &&;

 private:
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  struct LocalPosition {
    std::vector<Grammar::Edge> edges;  // targets count from the first position of the rule
    bool ends_rule = false;
  };

  Rule add(const std::vector<LocalPosition>& positions);
  std::vector<std::uint64_t> distances(const std::vector<LocalPosition>& positions) const;
  std::uint64_t least_bytes(Rule rule) const;

  std::string origin_;
  Grammar grammar_;
  Rule never_ = 0;
  Rule nothing_ = 0;
  std::map<std::vector<CodePoints::Range>, Rule> characters_;
};

}  // namespace ogam
