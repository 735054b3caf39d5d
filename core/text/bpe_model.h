#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ogam {

/// What a byte-level BPE model consists of.
struct BpeModelConfig {
  std::unordered_map<std::string, std::int32_t> vocabulary;  ///< in the byte alphabet
  std::vector<std::pair<std::string, std::string>> merges;   ///< the first is the most important
  bool ignore_merges = false;  ///< a word that is in the vocabulary is taken whole
  std::string origin;          ///< the file's name, for errors
};

/// Splits one word into the tokens of a byte-pair encoding.
class BpeModel {
 public:
  /// @throws Error{corrupt_data} when a byte or a merge is not in the vocabulary.
  explicit BpeModel(BpeModelConfig config);

  /// Appends the ids of `word` (bytes) to `ids`: the pair of neighbours that was merged first in
  /// training is merged first, the leftmost among equals. Takes O(n log n) for n bytes.
  void encode(std::string_view word, std::vector<std::int32_t>& ids) const;

  std::optional<std::int32_t> token_id(std::string_view token) const;
  const std::unordered_map<std::string, std::int32_t>& vocabulary() const {
    return config_.vocabulary;
  }

 private:
  struct Merge {
    std::int32_t rank = 0;
    std::int32_t id = 0;  ///< of the merged token
  };
  const Merge* find_merge(std::int32_t left, std::int32_t right) const;

  BpeModelConfig config_;
  std::vector<std::int32_t> byte_ids_;               // 256
  std::unordered_map<std::uint64_t, Merge> merges_;  // by both ids
};

}  // namespace ogam
