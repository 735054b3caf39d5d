#include "core/text/grammar/grammar.h"

#include <algorithm>
#include <bitset>
#include <functional>

#include "core/base/error.h"

namespace ogam {

namespace {

constexpr std::size_t kMaxPositions = 300'000;
constexpr std::uint64_t kMaxShortest = 1'000'000;  // bytes

using Sequences = std::vector<std::vector<std::pair<unsigned char, unsigned char>>>;

}  // namespace

GrammarBuilder::GrammarBuilder(std::string origin) : origin_(std::move(origin)) {
  never_ = add({LocalPosition{}});
  nothing_ = add({LocalPosition{{}, true}});
}

GrammarBuilder::Rule GrammarBuilder::literal(std::string_view text) {
  return one_of({std::string(text)});
}

GrammarBuilder::Rule GrammarBuilder::one_of(const std::vector<std::string>& texts) {
  std::vector<LocalPosition> positions(1);
  auto sorted = texts;
  std::sort(sorted.begin(), sorted.end());
  for (const auto& text : sorted) {
    std::size_t at = 0;
    for (const char c : text) {
      const auto byte = static_cast<std::uint8_t>(c);
      // The texts are sorted, so a beginning that they share was added last.
      auto& edges = positions[at].edges;
      if (!edges.empty() && edges.back().first == byte) {
        at = edges.back().target;
        continue;
      }
      const auto next = positions.size();
      edges.push_back({static_cast<std::uint32_t>(next), -1, byte, byte});
      positions.emplace_back();
      at = next;
    }
    positions[at].ends_rule = true;
  }
  return add(positions);
}

GrammarBuilder::Rule GrammarBuilder::byte_between(unsigned char first, unsigned char last) {
  std::vector<LocalPosition> positions(2);
  positions[0].edges.push_back({1, -1, first, last});
  positions[1].ends_rule = true;
  return add(positions);
}

GrammarBuilder::Rule GrammarBuilder::character(const CodePoints& points) {
  const auto known = characters_.find(points.ranges());
  if (known != characters_.end()) {
    return known->second;
  }
  const auto sequences = utf8_sequences(points);
  std::vector<LocalPosition> positions(1);
  std::map<Sequences, std::size_t> made;  // positions by what may follow them
  // The bytes from `depth` on of the sequences from `begin` to `end`.
  const std::function<std::size_t(std::size_t, std::size_t, std::size_t)> place =
      [&](std::size_t begin, std::size_t end, std::size_t depth) -> std::size_t {
    Sequences rest;
    for (std::size_t i = begin; i < end; ++i) {
      rest.emplace_back(sequences[i].begin() + static_cast<long>(depth), sequences[i].end());
    }
    const auto found = made.find(rest);
    if (found != made.end()) {
      return found->second;
    }
    const std::size_t own = depth == 0 ? 0 : positions.size();
    if (depth > 0) {
      positions.emplace_back();
    }
    std::vector<Grammar::Edge> edges;
    for (std::size_t i = begin; i < end && !rest[i - begin].empty();) {
      const auto range = sequences[i][depth];
      std::size_t next = i;
      while (next < end && sequences[next][depth] == range) {
        ++next;
      }
      const auto target = place(i, next, depth + 1);
      edges.push_back({static_cast<std::uint32_t>(target), -1, range.first, range.second});
      i = next;
    }
    positions[own].edges = std::move(edges);
    positions[own].ends_rule = depth > 0 && rest.front().empty();
    made.emplace(std::move(rest), own);
    return own;
  };
  place(0, sequences.size(), 0);
  const Rule rule = add(positions);
  characters_.emplace(points.ranges(), rule);
  return rule;
}

GrammarBuilder::Rule GrammarBuilder::sequence(const std::vector<Rule>& rules) {
  std::vector<std::vector<RuleEdge>> edges;
  for (const Rule rule : rules) {
    edges.push_back({{rule, edges.size() + 1}});
  }
  return graph(edges);
}

GrammarBuilder::Rule GrammarBuilder::any_of(const std::vector<Rule>& rules) {
  std::vector<RuleEdge> edges;
  for (const Rule rule : rules) {
    edges.push_back({rule, 1});
  }
  return graph({edges});
}

GrammarBuilder::Rule GrammarBuilder::repeat(Rule rule, std::size_t min,
                                            std::optional<std::size_t> max) {
  require(max.value_or(min) <= kMaxPositions, ErrorCode::resource_exhausted,
          "{}: {} repetitions are more than the {} that are possible", origin_, max.value_or(min),
          kMaxPositions);
  std::vector<LocalPosition> positions(max.value_or(min) + 1);
  for (std::size_t i = 0; i < positions.size(); ++i) {
    const bool last = i + 1 == positions.size();
    positions[i].ends_rule = i >= min;
    if (!last || !max.has_value()) {
      positions[i].edges.push_back({static_cast<std::uint32_t>(last ? i : i + 1), rule, 0, 0});
    }
  }
  return add(positions);
}

GrammarBuilder::Rule GrammarBuilder::graph(const std::vector<std::vector<RuleEdge>>& edges) {
  std::vector<LocalPosition> positions(edges.size() + 1);
  for (std::size_t i = 0; i < edges.size(); ++i) {
    for (const auto& [rule, target] : edges[i]) {
      positions[i].edges.push_back({static_cast<std::uint32_t>(target), rule, 0, 0});
    }
  }
  positions.back().ends_rule = true;
  return add(positions);
}

std::uint64_t GrammarBuilder::least_bytes(Rule rule) const {
  return grammar_.positions_[grammar_.rule_start(rule)].distance;
}

/// Shortest ways to the end, found by going over all positions until nothing changes; edges lead
/// forwards with few exceptions, so that going backwards takes two rounds.
std::vector<std::uint64_t> GrammarBuilder::distances(
    const std::vector<LocalPosition>& positions) const {
  std::vector<std::uint64_t> result(positions.size(), kNever);
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = positions.size(); i-- > 0;) {
      auto best = positions[i].ends_rule ? std::uint64_t{0} : result[i];
      for (const auto& edge : positions[i].edges) {
        const auto step = edge.rule < 0 ? std::uint64_t{1} : least_bytes(edge.rule);
        const auto rest = result[edge.target];
        if (step != kNever && rest != kNever) {
          best = std::min(best, std::min(step + rest, kMaxShortest * kMaxShortest));
        }
      }
      changed = changed || best != result[i];
      result[i] = best;
    }
  }
  return result;
}

GrammarBuilder::Rule GrammarBuilder::add(const std::vector<LocalPosition>& positions) {
  require(grammar_.positions_.size() + positions.size() <= kMaxPositions,
          ErrorCode::resource_exhausted,
          "{}: it is too large (more than {} positions); ask for less, or for fewer repetitions",
          origin_, kMaxPositions);
  const auto distance = distances(positions);
  const auto base = static_cast<std::uint32_t>(grammar_.positions_.size());
  for (std::size_t i = 0; i < positions.size(); ++i) {
    Grammar::Position position;
    position.first_edge = static_cast<std::uint32_t>(grammar_.edges_.size());
    for (auto edge : positions[i].edges) {
      const bool leads_on =
          distance[edge.target] != kNever && (edge.rule < 0 || least_bytes(edge.rule) != kNever);
      if (leads_on) {
        edge.target += base;
        grammar_.edges_.push_back(edge);
      }
    }
    position.edges = static_cast<std::uint32_t>(grammar_.edges_.size()) - position.first_edge;
    position.ends_rule = positions[i].ends_rule;
    position.distance = distance[i];
    grammar_.positions_.push_back(position);
  }
  grammar_.starts_.push_back(base);
  return static_cast<Rule>(grammar_.starts_.size() - 1);
}

Grammar GrammarBuilder::finish(Rule rule) && {
  require(!is_never(rule), ErrorCode::invalid_argument,
          "{}: no text fits it; it contradicts itself, or refers to itself without end", origin_);
  require(least_bytes(rule) <= kMaxShortest, ErrorCode::resource_exhausted,
          "{}: the shortest text that fits it has more than {} bytes", origin_, kMaxShortest);
  sequence({rule});  // which is the last one then
  std::bitset<257> begins;
  for (const auto& edge : grammar_.edges_) {
    if (edge.rule < 0) {
      begins.set(edge.first);
      begins.set(edge.last + std::size_t{1});
    }
  }
  std::uint8_t number = 0;
  for (std::size_t byte = 0; byte < grammar_.byte_classes_.size(); ++byte) {
    number = static_cast<std::uint8_t>(number + (byte > 0 && begins[byte] ? 1 : 0));
    grammar_.byte_classes_[byte] = number;
  }
  return std::move(grammar_);
}

}  // namespace ogam
