#include "core/text/byte_trie.h"

#include <algorithm>

#include "core/base/error.h"

namespace ogam {

namespace {

constexpr std::size_t kMaxKeyBytes = 4096;
constexpr std::size_t kMaxBytes = std::size_t{16} << 20;

void check(const ByteTrie::Entries& sorted, const std::string& origin) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const auto& key = sorted[i].first;
    require(!key.empty() && (i == 0 || sorted[i - 1].first != key), ErrorCode::corrupt_data,
            "{}: the token '{}' is empty or occurs twice", origin, key);
    bytes += key.size();
    require(key.size() <= kMaxKeyBytes && bytes <= kMaxBytes, ErrorCode::resource_exhausted,
            "{}: tokens may take {} bytes each and {} together", origin, kMaxKeyBytes, kMaxBytes);
  }
}

}  // namespace

ByteTrie::ByteTrie(Entries entries, const std::string& origin) {
  std::sort(entries.begin(), entries.end());
  check(entries, origin);
  struct Range {
    std::size_t begin = 0;  // of the entries below a node
    std::size_t end = 0;
    std::size_t depth = 0;
  };
  nodes_.emplace_back();
  std::vector<Range> ranges = {{0, entries.size(), 0}};
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    auto [begin, end, depth] = ranges[node];
    if (begin < end && entries[begin].first.size() == depth) {
      nodes_[node].number = entries[begin].second;
      ++begin;
    }
    nodes_[node].first_child = static_cast<std::uint32_t>(nodes_.size());
    while (begin < end) {
      const char label = entries[begin].first[depth];
      auto next = begin;
      while (next < end && entries[next].first[depth] == label) {
        ++next;
      }
      nodes_.push_back({.label = static_cast<unsigned char>(label)});
      ranges.push_back({begin, next, depth + 1});
      ++nodes_[node].children;
      begin = next;
    }
  }
}

std::size_t ByteTrie::child(std::size_t node, unsigned char label) const {
  const auto begin = nodes_.begin() + nodes_[node].first_child;
  const auto end = begin + nodes_[node].children;
  const auto found = std::lower_bound(
      begin, end, label, [](const Node& child, unsigned char l) { return child.label < l; });
  return found != end && found->label == label ? static_cast<std::size_t>(found - nodes_.begin())
                                               : 0;
}

}  // namespace ogam
