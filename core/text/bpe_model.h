#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/text/component_json.h"
#include "core/text/token_model.h"

namespace ogam {

/// What a byte-pair encoding consists of, in the words of tokenizer.json.
struct BpeConfig {
  std::vector<std::pair<std::string, std::string>> merges;  ///< the first is the most important
  std::optional<std::string> unk_token;   ///< for characters without a token, else left out
  std::string continuing_subword_prefix;  ///< before all characters of a word but the first
  std::string end_of_word_suffix;         ///< behind the last one
  bool fuse_unk = false;                  ///< neighbouring unknown characters become one token
  bool byte_fallback = false;             ///< a character without a token becomes its bytes <0x..>
  bool ignore_merges = false;             ///< a word that is in the vocabulary is taken whole

  /// @throws Error{corrupt_data}, Error{unsupported} for dropout.
  static BpeConfig parse(ComponentJson& json);
};

/// Byte-pair encoding: the pair of neighbours that was merged first in training is merged first,
/// the leftmost among equals. Takes O(n log n) for n characters. Source: Sennrich et al. 2016.
class BpeModel final : public TokenModel {
 public:
  /// @throws Error{corrupt_data} when a merge is not in the vocabulary.
  BpeModel(Vocabulary vocabulary, BpeConfig config);

  void encode(std::string_view word, std::vector<std::int32_t>& ids) const override;

 private:
  struct Merge {
    std::int32_t rank = 0;
    std::int32_t id = 0;  ///< of the merged token
  };
  const Merge* find_merge(std::int32_t left, std::int32_t right) const;
  std::int32_t unknown_id() const;
  void split(std::string_view word, std::vector<std::int32_t>& ids) const;
  void merge(std::vector<std::int32_t>& ids) const;

  BpeConfig config_;
  std::optional<ByteTokens> bytes_;                  // where they stand in for characters
  std::unordered_map<std::uint64_t, Merge> merges_;  // by both ids
};

}  // namespace ogam
