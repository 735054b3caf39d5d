#include "decoders/text/whisper_search.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <random>
#include <utility>

#include "core/base/error.h"
#include "decoders/text/repetition.h"
#include "decoders/text/whisper_rules.h"

namespace ogam {
namespace {

struct Beam {
  std::vector<std::int32_t> tokens;
  double log_probability = 0;
  bool stuck = false;
};

/// A token that may follow beam `parent`; `log_probability` is that of the whole sequence.
struct Candidate {
  std::size_t parent = 0;
  std::int32_t token = 0;
  double log_probability = 0;
};

at::Tensor row_of(const std::vector<std::int32_t>& tokens) {
  return at::tensor(std::vector<std::int64_t>(tokens.begin(), tokens.end())).unsqueeze(0);
}

/// Log probabilities [B, V] of what may follow each beam.
at::Tensor rule_out(const at::Tensor& logits, const std::vector<Beam>& beams,
                    const WhisperTokens& tokens) {
  const WhisperRules rules(tokens);
  const auto allowed = logits.contiguous();
  const auto vocabulary = static_cast<std::size_t>(allowed.size(1));
  for (std::size_t i = 0; i < beams.size(); ++i) {
    rules.apply({allowed.mutable_data_ptr<float>() + i * vocabulary, vocabulary}, beams[i].tokens);
  }
  return at::log_softmax(allowed, -1);
}

/// The best `width + 1` continuations of every beam, best first: even when one of each ends, enough
/// go on.
std::vector<Candidate> best_candidates(const at::Tensor& log_probabilities,
                                       const std::vector<Beam>& beams, std::size_t width) {
  const auto count =
      std::min<std::int64_t>(static_cast<std::int64_t>(width) + 1, log_probabilities.size(1));
  const auto [values, indices] = log_probabilities.topk(count);
  const auto value = values.accessor<float, 2>();
  const auto index = indices.accessor<std::int64_t, 2>();
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < beams.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    for (std::int64_t j = 0; j < count; ++j) {
      candidates.push_back(
          {i, static_cast<std::int32_t>(index[row][j]), beams[i].log_probability + value[row][j]});
    }
  }
  std::stable_sort(candidates.begin(), candidates.end(), [](const auto& a, const auto& b) {
    return a.log_probability > b.log_probability;
  });
  return candidates;
}

/// One continuation for every beam, drawn at a temperature.
std::vector<Candidate> draw_candidates(const at::Tensor& log_probabilities,
                                       const std::vector<Beam>& beams, double temperature,
                                       std::mt19937_64& random) {
  const auto weights = at::softmax(log_probabilities / temperature, -1).to(at::kDouble).cumsum(-1);
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < beams.size(); ++i) {
    const auto row = weights[static_cast<std::int64_t>(i)];
    const auto* sums = row.const_data_ptr<double>();
    const auto* end = sums + row.numel();
    const double drawn = std::uniform_real_distribution<double>(0, end[-1])(random);
    const auto token = std::upper_bound(sums, end - 1, drawn) - sums;
    const auto log_probability =
        log_probabilities[static_cast<std::int64_t>(i)][token].item<double>();
    candidates.push_back(
        {i, static_cast<std::int32_t>(token), beams[i].log_probability + log_probability});
  }
  return candidates;
}

/// The text of a sequence, in which a loop shows; times go on while the words repeat.
bool is_stuck_in_text(const std::vector<std::int32_t>& sequence, const WhisperTokens& tokens) {
  std::vector<std::int32_t> text;
  std::copy_if(sequence.begin(), sequence.end(), std::back_inserter(text),
               [&](auto token) { return tokens.is_text(token); });
  return is_stuck(text);
}

/// The beams of one decoding, as they grow token by token.
class BeamPool {
 public:
  BeamPool(const WhisperTokens& tokens, const WhisperSearchOptions& options)
      : tokens_(tokens),
        options_(options),
        width_(static_cast<std::size_t>(sampling() ? options.samples : options.beam_size)),
        beams_(sampling() ? width_ : 1) {
    require(width_ >= 1 && width_ <= 64, ErrorCode::invalid_argument,
            "the number of beams must be 1 to 64, got {}", width_);
  }

  std::int64_t count() const { return static_cast<std::int64_t>(beams_.size()); }

  /// Lets every beam take its next token.
  /// @param logits [B, V].
  /// @return for every beam that goes on, which one it was before.
  std::vector<std::int64_t> advance(const at::Tensor& logits) {
    const auto scores = rule_out(logits, beams_, tokens_);
    const auto candidates = sampling()
                                ? draw_candidates(scores, beams_, options_.temperature, random_)
                                : best_candidates(scores, beams_, width_);
    std::vector<Beam> going_on;
    std::vector<std::int64_t> parents;
    for (const auto& candidate : candidates) {
      if (going_on.size() == width_) {
        break;
      }
      if (!std::isfinite(candidate.log_probability)) {
        continue;
      }
      Beam beam{beams_[candidate.parent].tokens, candidate.log_probability};
      if (candidate.token != tokens_.end) {
        beam.tokens.push_back(candidate.token);
        beam.stuck = is_stuck_in_text(beam.tokens, tokens_);
      }
      if (candidate.token == tokens_.end || beam.stuck) {
        finished_.push_back(std::move(beam));
      } else {
        going_on.push_back(std::move(beam));
        parents.push_back(static_cast<std::int64_t>(candidate.parent));
      }
    }
    beams_ = std::move(going_on);
    return parents;
  }

  bool done() const { return beams_.empty() || (!sampling() && finished_.size() >= width_); }

  /// The last token of every beam, [B, 1].
  at::Tensor last_tokens() const {
    std::vector<std::int64_t> last;
    for (const auto& beam : beams_) {
      last.push_back(beam.tokens.back());
    }
    return at::tensor(last).unsqueeze(1);
  }

  /// The likeliest sequence; unfinished ones count when there are too few others.
  Beam best() {
    if (finished_.size() < width_) {
      std::move(beams_.begin(), beams_.end(), std::back_inserter(finished_));
    }
    const auto found =
        std::max_element(finished_.begin(), finished_.end(),
                         [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
    require(found != finished_.end(), ErrorCode::internal, "no sequence of tokens is allowed");
    return std::move(*found);
  }

 private:
  bool sampling() const { return options_.temperature > 0; }

  double rank(const Beam& beam) const {
    const auto length = static_cast<double>(std::max<std::size_t>(beam.tokens.size(), 1));
    return beam.log_probability / std::pow(length, options_.length_penalty);
  }

  const WhisperTokens& tokens_;
  const WhisperSearchOptions& options_;
  std::size_t width_;
  std::vector<Beam> beams_;
  std::vector<Beam> finished_;
  std::mt19937_64 random_{0x9e3779b97f4a7c15};  // a fixed seed: the same sound gives the same words
};

/// Whether `parents` is 0, 1, 2, ... up to `count`: no beam moved or ended.
bool is_unchanged(const std::vector<std::int64_t>& parents, std::int64_t count) {
  std::vector<std::int64_t> same(static_cast<std::size_t>(count));
  std::iota(same.begin(), same.end(), 0);
  return parents == same;
}

}  // namespace

WhisperSequence WhisperSearch::decode(const std::vector<KeyValues>& sound,
                                      const std::vector<std::int32_t>& prompt,
                                      const WhisperSearchOptions& options) const {
  BeamPool beams(tokens_, options);
  auto state = decoder_.start(sound);
  auto logits = decoder_.step(row_of({prompt.front()}), state);
  WhisperSequence result;
  result.no_speech_probability = at::softmax(logits, -1)[0][tokens_.no_speech].item<double>();
  if (prompt.size() > 1) {
    logits = decoder_.step(row_of({prompt.begin() + 1, prompt.end()}), state);
  }
  if (beams.count() > 1) {
    state.select_beams(at::zeros({beams.count()}, at::kLong));
    logits = logits.expand({beams.count(), -1});
  }
  const auto most = decoder_.config().max_target_positions / 2;
  for (std::int64_t step = 1;; ++step) {
    options.cancellation.check();
    const auto before = beams.count();
    const auto parents = beams.advance(logits);
    if (beams.done() || step == most) {
      break;
    }
    if (!is_unchanged(parents, before)) {
      state.select_beams(at::tensor(parents));
    }
    logits = decoder_.step(beams.last_tokens(), state);
  }
  auto best = beams.best();
  result.average_log_probability =
      best.log_probability / static_cast<double>(best.tokens.size() + 1);
  result.stuck = best.stuck;
  result.tokens = std::move(best.tokens);
  return result;
}

std::vector<LanguageProbability> WhisperSearch::detect_language(
    const std::vector<KeyValues>& sound) const {
  if (tokens_.languages.empty()) {
    return {{"en", 1.0}};
  }
  auto state = decoder_.start(sound);
  const auto logits = decoder_.step(row_of({tokens_.start}), state)[0];
  std::vector<LanguageProbability> languages;
  double sum = 0;
  const double highest = logits.max().item<double>();
  for (const auto& [code, token] : tokens_.languages) {
    languages.push_back({code, std::exp(logits[token].item<double>() - highest)});
    sum += languages.back().probability;
  }
  for (auto& language : languages) {
    language.probability /= sum;
  }
  std::stable_sort(languages.begin(), languages.end(),
                   [](const auto& a, const auto& b) { return a.probability > b.probability; });
  return languages;
}

}  // namespace ogam
