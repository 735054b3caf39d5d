#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ogam {

/// Byte strings with a number each; tells which of them a text begins with. Takes time in the
/// length of the longest key, whatever their number.
class ByteTrie {
 public:
  using Entries = std::vector<std::pair<std::string, std::int32_t>>;

  /// @param entries distinct keys of at least one byte.
  /// @param origin the file they are from, for errors.
  /// @throws Error{resource_exhausted} when a key is longer than 4 kB or all are longer than 16 MB,
  ///     Error{corrupt_data} when a key is empty or occurs twice.
  ByteTrie(Entries entries, const std::string& origin);

  /// A place in the trie: the keys below it begin alike. The root stands for all of them.
  using Place = std::size_t;
  static constexpr Place kRoot = 0;

  /// Calls `visit(label, place)` for each byte that keys go on with.
  template <typename Visit>
  void for_each_child(Place place, Visit visit) const {
    const auto& node = nodes_[place];
    for (std::size_t i = 0; i < node.children; ++i) {
      visit(nodes_[node.first_child + i].label, Place{node.first_child + i});
    }
  }

  /// The number of the key that ends here; -1 when none does.
  std::int32_t number(Place place) const { return nodes_[place].number; }

  /// Calls `visit(size, number)` for each key that `text` begins with, the shortest first.
  template <typename Visit>
  void for_each_prefix(std::string_view text, Visit visit) const {
    std::size_t node = 0;
    for (std::size_t size = 0; size < text.size(); ++size) {
      node = child(node, static_cast<unsigned char>(text[size]));
      if (node == 0) {
        return;
      }
      if (nodes_[node].number >= 0) {
        visit(size + 1, nodes_[node].number);
      }
    }
  }

 private:
  struct Node {
    std::uint32_t first_child = 0;  // children follow each other, sorted by label
    std::uint16_t children = 0;
    unsigned char label = 0;
    std::int32_t number = -1;
  };
  /// 0 where there is none: the root is nobody's child.
  std::size_t child(std::size_t node, unsigned char label) const;

  std::vector<Node> nodes_;
};

}  // namespace ogam
