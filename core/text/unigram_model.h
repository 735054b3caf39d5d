#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/byte_trie.h"
#include "core/text/component_json.h"
#include "core/text/token_model.h"

namespace ogam {

/// Fields of a Unigram model in the words of tokenizer.json.
struct UnigramConfig {
  std::vector<double> scores;          ///< by id: log-probabilities
  std::optional<std::int32_t> unk_id;  ///< for characters that no piece covers
  bool byte_fallback = false;          ///< what is unknown becomes its bytes <0x..>
};

/// Unigram language model: the split of a word whose pieces have the largest sum of scores, the
/// longest last piece among equals. Source: Kudo 2018, section 3.2.
class UnigramModel final : public TokenModel {
 public:
  /// @param vocabulary ids from 0 to the number of scores - 1.
  UnigramModel(Vocabulary vocabulary, UnigramConfig config);
  /// @throws Error{corrupt_data} when scores are not finite or unk_id is no piece.
  static std::unique_ptr<UnigramModel> parse(ComponentJson& json);

  void encode(std::string_view word, std::vector<std::int32_t>& ids) const override;

 private:
  /// The best path to a byte of the word.
  struct Step {
    std::int32_t id = 0;
    double score = 0;
    std::ptrdiff_t begin = -1;  // of its last piece; -1 where no path has come
  };
  std::vector<Step> best_paths(std::string_view word) const;
  std::int32_t unknown_id() const;
  void append(std::string_view piece, std::vector<std::int32_t>& ids) const;

  UnigramConfig config_;
  std::optional<ByteTokens> bytes_;
  double unknown_score_ = 0;
  ByteTrie pieces_;
};

}  // namespace ogam
