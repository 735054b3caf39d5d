#include "pipelines/understanding/sentence_ranking.h"

#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "core/text/unicode.h"
#include "pipelines/understanding/directions.h"

namespace ogam {

namespace {

constexpr double kDamping = 0.85;
constexpr int kRounds = 50;
constexpr double kFullColumns = 40;  // of a sentence that says something; wide letters count two
constexpr double kRelevance = 0.7;   // the rest of the weight goes against repetition

double likeness(const TimedSentence& a, const TimedSentence& b) {
  if (a.text == b.text) {
    return 1;
  }
  return a.vector.empty() || a.vector.size() != b.vector.size() ? 0 : dot(a.vector, b.vector);
}

/// [n, n] cosines above their mean, 0 on the diagonal; each row sums to 1, or is all alike.
std::vector<float> transitions(std::span<const TimedSentence* const> sentences) {
  const std::size_t n = sentences.size();
  std::vector<float> weights(n * n, 0.0F);
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const double cosine = likeness(*sentences[i], *sentences[j]);
      weights[i * n + j] = weights[j * n + i] = static_cast<float>(cosine);
      sum += 2 * cosine;
    }
  }
  const double mean = n > 1 ? sum / (static_cast<double>(n) * static_cast<double>(n - 1)) : 0;
  for (std::size_t i = 0; i < n; ++i) {
    double total = 0;
    for (std::size_t j = 0; j < n; ++j) {
      float& weight = weights[i * n + j];
      weight = i == j ? 0 : std::max(0.0F, weight - static_cast<float>(mean));
      total += weight;
    }
    for (std::size_t j = 0; j < n; ++j) {
      float& weight = weights[i * n + j];
      weight = total > 0 ? static_cast<float>(weight / total) : 1.0F / static_cast<float>(n);
    }
  }
  return weights;
}

}  // namespace

std::vector<double> centrality(std::span<const TimedSentence* const> sentences) {
  const std::size_t n = sentences.size();
  if (n == 0) {
    return {};
  }
  const std::vector<float> weights = transitions(sentences);
  std::vector<double> scores(n, 1.0 / static_cast<double>(n));
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> next(n, (1 - kDamping) / static_cast<double>(n));
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        next[j] += kDamping * scores[i] * weights[i * n + j];
      }
    }
    scores = std::move(next);
  }
  for (std::size_t i = 0; i < n; ++i) {
    scores[i] *= std::min(1.0, display_width(sentences[i]->text) / kFullColumns);
  }
  const double best = *std::max_element(scores.begin(), scores.end());
  for (double& score : scores) {
    score = best > 0 ? score / best : 1;
  }
  return scores;
}

std::vector<std::size_t> choose_diverse(std::span<const TimedSentence* const> sentences,
                                        std::span<const double> scores, std::size_t most) {
  require(sentences.size() == scores.size(), ErrorCode::internal, "{} sentences have {} scores",
          sentences.size(), scores.size());
  std::vector<std::size_t> chosen;
  std::vector<double> nearest(sentences.size(), 0);
  std::vector<bool> taken(sentences.size(), false);
  while (chosen.size() < std::min(most, sentences.size())) {
    std::size_t best = sentences.size();
    double best_value = 0;
    for (std::size_t i = 0; i < sentences.size(); ++i) {
      const double value = kRelevance * scores[i] - (1 - kRelevance) * nearest[i];
      if (!taken[i] && (best == sentences.size() || value > best_value)) {
        best = i;
        best_value = value;
      }
    }
    taken[best] = true;
    chosen.push_back(best);
    for (std::size_t i = 0; i < sentences.size(); ++i) {
      nearest[i] = std::max(nearest[i], likeness(*sentences[i], *sentences[best]));
    }
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace ogam
