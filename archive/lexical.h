#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/database.h"
#include "archive/snapshot.h"
#include "core/base/lane.h"
#include "core/base/timed_text.h"
#include "core/text/lexical_tokens.h"

namespace ogam {

/// The words that somebody looks for.
class WordsQuery {
 public:
  /// @throws Error{invalid_argument} when `text` is longer than 10,000 bytes.
  explicit WordsQuery(std::string_view text);

  bool empty() const { return words_.empty(); }
  std::size_t size() const { return words_.size(); }

  /// The expression for FTS5 that finds every line in which any of the words may occur.
  std::string match_expression() const;

  /// How a line of text answers the query.
  struct Match {
    std::vector<float> strengths;  ///< for each word: 0 (absent) to 1
    bool phrase = false;           ///< all words, one behind the other
  };
  Match match(std::string_view line) const;

  /// The words of the query with a strength above zero, folded for matching ("Cars" is "cars").
  std::vector<std::string> matched_words(const Match& match) const;

  /// When the first of `timed` that answers a word of the query begins.
  std::optional<Time> first_time(const std::vector<TimedWord>& timed) const;

 private:
  std::vector<LexicalWord> words_;   // without stop words, unless there are only such
  std::vector<LexicalWord> phrase_;  // with them
};

/// A line of speech or of text on screen that answers a query.
struct LexicalHit {
  std::size_t segment = 0;  ///< as the snapshot numbers them
  Lane lane = Lane::speech;
  std::int64_t words_row = 0;
  double probability = 0;
};

/// Probability that a line is meant, from how much of the query it holds.
///
/// @param coverage share of the query's words that occur, weighted by their rarity, 0 to 1.
double lexical_probability(double coverage, bool phrase);

/// Where words are looked for.
struct LexicalScope {
  const std::vector<Lane>& lanes;
  const std::vector<bool>& allowed;  ///< one flag for each of the snapshot's assets
};

/// Lines in `scope` that hold words of the query, the best of each segment and lane; at most the
/// 5,000 that FTS5 ranks first are weighed.
std::vector<LexicalHit> find_words(const Database& database, const Snapshot& snapshot,
                                   const WordsQuery& query, const LexicalScope& scope);

}  // namespace ogam
