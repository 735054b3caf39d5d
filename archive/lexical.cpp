#include "archive/lexical.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/base/error.h"

namespace ogam {

namespace {

constexpr std::size_t kLongestQuery = 10'000;
constexpr std::size_t kMostWords = 64;
constexpr std::size_t kMostLines = 5'000;
constexpr float kInsideStrength = 0.8F;  // 자동차 in 전기자동차: likely, but another word
constexpr double kPhraseProbability = 0.97;
constexpr double kAllWordsProbability = 0.9;
constexpr double kCoverageExponent = 3;

bool contains(std::u32string_view text, std::u32string_view part) {
  return text.find(part) != std::u32string_view::npos;
}

/// How well one word of a line answers one word of the query.
float word_strength(const LexicalWord& wanted, const LexicalWord& seen) {
  if (wanted.script != seen.script) {
    return 0;
  }
  const std::u32string_view a = wanted.letters;
  const std::u32string_view b = seen.letters;
  if (a == b) {
    return 1;
  }
  switch (wanted.script) {
    case WordScript::hangul: {
      const std::u32string_view stem = without_particle(a);
      if (stem.size() == 1) {
        return b.starts_with(stem) && is_particle(b.substr(1)) ? 1.0F : 0.0F;
      }
      return b.starts_with(stem) ? 1.0F : contains(b, stem) ? kInsideStrength : 0.0F;
    }
    case WordScript::ideographic:
      return contains(b, a) ? 1.0F : 0.0F;
    case WordScript::other:
      return without_plural(a) == without_plural(b) ? 1.0F : 0.0F;
  }
  return 0;
}

/// Korean is often written without the spaces that a query has, and the other way round.
bool occurs_across_spaces(const LexicalWord& wanted, const std::vector<LexicalWord>& line) {
  constexpr std::size_t kShortest = 4;  // shorter words would be found where two others meet
  const std::u32string_view stem = without_particle(wanted.letters);
  if (wanted.script != WordScript::hangul || stem.size() < kShortest) {
    return false;
  }
  std::u32string joined;
  for (const LexicalWord& word : line) {
    if (word.script == WordScript::hangul) {
      joined += word.letters;
    } else {
      joined += U' ';
    }
  }
  return contains(joined, stem);
}

/// Whether the words of `phrase` follow each other in `line`.
bool holds_phrase(const std::vector<LexicalWord>& line, const std::vector<LexicalWord>& phrase) {
  const auto same = [](const LexicalWord& seen, const LexicalWord& wanted) {
    return word_strength(wanted, seen) == 1.0F;
  };
  return std::search(line.begin(), line.end(), phrase.begin(), phrase.end(), same) != line.end();
}

std::string quoted(const std::string& token) { return fmt::format("\"{}\"", token); }

/// Expressions for FTS5, any of which a line with this word holds.
void add_alternatives(const LexicalWord& word, std::vector<std::string>& out) {
  const std::u32string_view letters = word.letters;
  if (word.script == WordScript::other) {
    const std::u32string stem(without_plural(letters));
    for (const std::u32string_view ending : {U"", U"s", U"es"}) {
      out.push_back(quoted(word_text({stem + std::u32string(ending), word.script})));
    }
    out.push_back(quoted(word_text(word)));
    return;
  }
  const std::u32string stem(word.script == WordScript::hangul ? without_particle(letters)
                                                              : letters);
  const LexicalWord looked_up{stem, word.script};
  for (const std::string& token : word_tokens(looked_up, TokenUse::query)) {
    out.push_back(stem.size() == 1 ? quoted(token) + " *" : quoted(token));
  }
}

}  // namespace

WordsQuery::WordsQuery(std::string_view text) {
  require(text.size() <= kLongestQuery, ErrorCode::invalid_argument,
          "the words to search for may have {} bytes, got {}", kLongestQuery, text.size());
  phrase_ = lexical_words(text);
  if (phrase_.size() > kMostWords) {
    phrase_.resize(kMostWords);
  }
  for (const LexicalWord& word : phrase_) {
    const bool repeated = std::find(words_.begin(), words_.end(), word) != words_.end();
    if (!repeated && !is_stop_word(word)) {
      words_.push_back(word);
    }
  }
  if (words_.empty()) {
    words_ = phrase_;
  }
}

std::string WordsQuery::match_expression() const {
  std::vector<std::string> alternatives;
  for (const LexicalWord& word : words_) {
    add_alternatives(word, alternatives);
  }
  std::sort(alternatives.begin(), alternatives.end());
  alternatives.erase(std::unique(alternatives.begin(), alternatives.end()), alternatives.end());
  return fmt::format("{}", fmt::join(alternatives, " OR "));
}

WordsQuery::Match WordsQuery::match(std::string_view line) const {
  const std::vector<LexicalWord> seen = lexical_words(line);
  Match match;
  match.strengths.resize(words_.size());
  for (std::size_t i = 0; i < words_.size(); ++i) {
    float best = 0;
    for (const LexicalWord& word : seen) {
      best = std::max(best, word_strength(words_[i], word));
    }
    if (best < kInsideStrength && occurs_across_spaces(words_[i], seen)) {
      best = kInsideStrength;
    }
    match.strengths[i] = best;
  }
  match.phrase = !phrase_.empty() && holds_phrase(seen, phrase_);
  return match;
}

std::vector<std::string> WordsQuery::matched_words(const Match& match) const {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    if (match.strengths[i] > 0) {
      words.push_back(word_text(words_[i]));
    }
  }
  return words;
}

std::optional<Time> WordsQuery::first_time(const std::vector<TimedWord>& timed) const {
  for (const TimedWord& word : timed) {
    const Match found = match(word.text);
    if (std::any_of(found.strengths.begin(), found.strengths.end(),
                    [](float strength) { return strength > 0; })) {
      return word.span.start;
    }
  }
  return std::nullopt;
}

double lexical_probability(double coverage, bool phrase) {
  return phrase
             ? kPhraseProbability
             : kAllWordsProbability * std::pow(std::clamp(coverage, 0.0, 1.0), kCoverageExponent);
}

std::vector<LexicalHit> find_words(const Database& database, const Snapshot& snapshot,
                                   const WordsQuery& query, const LexicalScope& scope) {
  if (query.empty()) {
    return {};
  }
  struct Line {
    LexicalHit hit;
    WordsQuery::Match match;
  };
  std::vector<Line> lines;
  std::vector<double> occurrences(query.size());
  double total = 0;
  {
    Rows rows = database.query("SELECT count(*) FROM words");
    total = rows.next() ? static_cast<double>(rows.integer(0)) : 0;
  }
  Rows rows = database.query(
      "SELECT words.id, words.asset, words.segment, words.lane, words.text FROM words_index "
      "JOIN words ON words.id = words_index.rowid WHERE words_index MATCH ? "
      "ORDER BY words_index.rank",
      query.match_expression());
  while (lines.size() < kMostLines && rows.next()) {
    const auto asset = snapshot.find_row(rows.integer(1));
    require(asset.has_value(), ErrorCode::corrupt_data,
            "the catalog is damaged: words row {} belongs to no asset", rows.integer(0));
    const Lane lane = read_lane(rows, 3);
    const bool asked = std::find(scope.lanes.begin(), scope.lanes.end(), lane) != scope.lanes.end();
    if (!scope.allowed[*asset] || !asked) {
      continue;
    }
    const Snapshot::Asset& owner = snapshot.assets[*asset];
    const std::size_t segment = rows.size(2);
    require(segment < owner.segments, ErrorCode::corrupt_data,
            "the catalog is damaged: words row {} belongs to no segment", rows.integer(0));
    Line line{{owner.first_segment + segment, lane, rows.integer(0), 0}, query.match(rows.text(4))};
    for (std::size_t i = 0; i < occurrences.size(); ++i) {
      occurrences[i] += line.match.strengths[i] > 0 ? 1 : 0;
    }
    lines.push_back(std::move(line));
  }
  // Rare words say more; a word that occurs nowhere says most, so a line without it covers little.
  std::vector<double> weights(query.size());
  double weight_sum = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    weights[i] = std::log(1 + (total + 10) / (occurrences[i] + 1));
    weight_sum += weights[i];
  }
  std::map<std::pair<std::size_t, Lane::Value>, LexicalHit> best;
  for (Line& line : lines) {
    double covered = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      covered += weights[i] * line.match.strengths[i];
    }
    line.hit.probability = lexical_probability(covered / weight_sum, line.match.phrase);
    LexicalHit& kept = best[{line.hit.segment, line.hit.lane}];
    const bool better = line.hit.probability > kept.probability ||
                        (line.hit.probability == kept.probability && kept.probability > 0 &&
                         line.hit.words_row < kept.words_row);
    if (better) {
      kept = line.hit;
    }
  }
  std::vector<LexicalHit> hits;
  for (const auto& [key, hit] : best) {
    if (hit.probability > 0) {
      hits.push_back(hit);
    }
  }
  return hits;
}

}  // namespace ogam
