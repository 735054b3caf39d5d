#include "decoders/text/sampling.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/base/error.h"

namespace ogam {

namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

/// A token and its logit, or its probability before it is brought to the sum 1.
struct Scored {
  std::int32_t token;
  double score;
};

bool comes_before(const Scored& a, const Scored& b) {
  return a.score > b.score || (a.score == b.score && a.token < b.token);
}

/// Logits after the penalty, of the tokens that are allowed.
std::vector<Scored> scored_tokens(std::span<const float> logits,
                                  std::span<const std::int32_t> before,
                                  const std::vector<bool>& allowed, double penalty) {
  require(allowed.empty() || allowed.size() == logits.size(), ErrorCode::invalid_argument,
          "{} tokens are allowed or not, of {}", allowed.size(), logits.size());
  std::vector<double> scores(logits.begin(), logits.end());
  const auto broken = std::find_if(scores.begin(), scores.end(), [](double score) {
    return std::isnan(score) || score == -kNever;
  });
  require(broken == scores.end(), ErrorCode::corrupt_data,
          "the model's logit of token {} is {}; its weights are damaged, or too large for the "
          "precision that it runs in",
          broken - scores.begin(), broken == scores.end() ? 0 : *broken);
  if (penalty != 1) {
    std::vector<bool> is_done(scores.size(), false);
    for (const auto token : before) {
      if (std::cmp_less(token, scores.size()) && token >= 0 && !is_done[token]) {
        is_done[token] = true;
        auto& score = scores[token];
        score = score < 0 ? score * penalty : score / penalty;
      }
    }
  }
  std::vector<Scored> scored;
  scored.reserve(scores.size());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (scores[i] > kNever && (allowed.empty() || allowed[i])) {
      scored.push_back({static_cast<std::int32_t>(i), scores[i]});
    }
  }
  require(!scored.empty(), ErrorCode::invalid_argument,
          "no token may come next: the constraint allows none that the model has");
  return scored;
}

void keep_top_k(std::vector<Scored>& tokens, std::int64_t k) {
  if (k <= 0 || std::cmp_greater_equal(k, tokens.size())) {
    return;
  }
  const auto kth = tokens.begin() + (k - 1);
  std::nth_element(tokens.begin(), kth, tokens.end(), comes_before);
  const auto least = kth->score;
  std::erase_if(tokens, [&](const Scored& token) { return token.score < least; });
}

/// Makes probabilities of logits.
void exponentiate(std::vector<Scored>& tokens) {
  const auto highest =
      std::max_element(tokens.begin(), tokens.end(), [](const Scored& a, const Scored& b) {
        return a.score < b.score;
      })->score;
  double sum = 0;
  for (auto& token : tokens) {
    token.score = std::exp(token.score - highest);
    sum += token.score;
  }
  for (auto& token : tokens) {
    token.score /= sum;
  }
}

/// @param tokens by falling probability, with those left out that cannot matter.
void keep_top_p(std::vector<Scored>& tokens, double top_p) {
  double sum = 0;
  const auto end = std::find_if(tokens.begin(), tokens.end(), [&](const Scored& token) {
    const bool is_reached = sum >= top_p;
    sum += token.score;
    return is_reached;
  });
  tokens.erase(end == tokens.begin() ? tokens.begin() + 1 : end, tokens.end());
}

}  // namespace

double SamplingRandom::uniform() {
  constexpr int kUnusedBits = 11;  // a double holds 53
  state_ += 0x9e3779b97f4a7c15U;
  auto mixed = state_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
  mixed ^= mixed >> 31U;
  return std::ldexp(static_cast<double>(mixed >> kUnusedBits), -53);
}

void SamplingConfig::check() const {
  const auto demand = [](bool holds, const char* name, double value, const char* expected) {
    require(holds, ErrorCode::invalid_argument, "{} is {}, expected {}", name, value, expected);
  };
  demand(temperature >= 0 && std::isfinite(temperature), "temperature", temperature,
         "0 (the likeliest token) or a positive number");
  demand(top_k >= 0, "top_k", static_cast<double>(top_k), "0 (all tokens) or more");
  demand(top_p > 0 && top_p <= 1, "top_p", top_p, "more than 0, at most 1");
  demand(min_p >= 0 && min_p <= 1, "min_p", min_p, "0 to 1");
  demand(repetition_penalty > 0 && std::isfinite(repetition_penalty), "repetition_penalty",
         repetition_penalty, "a positive number");
}

std::vector<TokenCandidate> sampling_candidates(std::span<const float> logits,
                                                std::span<const std::int32_t> before,
                                                const std::vector<bool>& allowed,
                                                const SamplingConfig& config) {
  config.check();
  auto tokens = scored_tokens(logits, before, allowed, config.repetition_penalty);
  if (config.temperature > 0) {
    for (auto& token : tokens) {
      token.score /= config.temperature;
    }
  }
  keep_top_k(tokens, config.top_k);
  exponentiate(tokens);
  if (config.top_p < 1) {
    // All those so unlikely that even together they do not make up what may be missing need not be
    // sorted.
    const auto negligible = (1 - config.top_p) / static_cast<double>(tokens.size());
    std::erase_if(tokens, [&](const Scored& token) { return token.score < negligible; });
  }
  std::sort(tokens.begin(), tokens.end(), comes_before);
  if (config.top_p < 1) {
    keep_top_p(tokens, config.top_p);
  }
  const auto least = config.min_p * tokens.front().score;
  std::erase_if(tokens, [&](const Scored& token) { return token.score < least; });
  double sum = 0;
  for (const auto& token : tokens) {
    sum += token.score;
  }
  std::vector<TokenCandidate> candidates;
  candidates.reserve(tokens.size());
  for (const auto& token : tokens) {
    candidates.push_back({token.token, token.score / sum});
  }
  return candidates;
}

std::int32_t sample_token(std::span<const float> logits, std::span<const std::int32_t> before,
                          const std::vector<bool>& allowed, const SamplingConfig& config,
                          SamplingRandom& random) {
  if (config.temperature == 0) {
    config.check();
    const auto tokens = scored_tokens(logits, before, allowed, config.repetition_penalty);
    return std::min_element(tokens.begin(), tokens.end(), comes_before)->token;
  }
  const auto candidates = sampling_candidates(logits, before, allowed, config);
  auto left = random.uniform();
  for (const auto& candidate : candidates) {
    left -= candidate.probability;
    if (left < 0) {
      return candidate.token;
    }
  }
  return candidates.back().token;  // where rounding left a rest
}

}  // namespace ogam
