#include "decoders/text/whisper_rules.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ogam {
namespace {

constexpr float kNever = -std::numeric_limits<float>::infinity();

void forbid(std::span<float> logits) { std::fill(logits.begin(), logits.end(), kNever); }

double log_sum_exp(std::span<const float> values) {
  const float highest = *std::max_element(values.begin(), values.end());
  if (highest == kNever) {
    return kNever;
  }
  double sum = 0;
  for (const float value : values) {
    sum += std::exp(static_cast<double>(value) - highest);
  }
  return highest + std::log(sum);
}

}  // namespace

void WhisperRules::apply(std::span<float> logits, std::span<const std::int32_t> chosen) const {
  for (const auto token : tokens_.suppressed) {
    logits[token] = kNever;
  }
  if (chosen.empty()) {
    for (const auto token : tokens_.suppressed_at_start) {
      logits[token] = kNever;
    }
    const auto first = static_cast<std::size_t>(tokens_.first_timestamp);
    forbid(logits.first(first));
    forbid(logits.subspan(std::min(first + kMaxFirstTimestamp + 1, logits.size())));
    return;
  }
  apply_order(logits, chosen);
  prefer_time(logits);
}

void WhisperRules::apply_order(std::span<float> logits,
                               std::span<const std::int32_t> chosen) const {
  const auto count = chosen.size();
  const bool after_time = tokens_.is_timestamp(chosen[count - 1]);
  const bool after_pair = after_time && (count < 2 || tokens_.is_timestamp(chosen[count - 2]));
  if (after_pair) {
    forbid(logits.subspan(tokens_.first_timestamp));
  } else if (after_time) {
    forbid(logits.first(tokens_.end));
  }
  const auto last = std::find_if(chosen.rbegin(), chosen.rend(),
                                 [&](auto token) { return tokens_.is_timestamp(token); });
  if (last != chosen.rend()) {
    // A span is never empty, but the next one may start where the last one ended.
    const auto earliest = *last + (after_time && !after_pair ? 0 : 1);
    forbid(logits.subspan(tokens_.first_timestamp, earliest - tokens_.first_timestamp));
  }
}

void WhisperRules::prefer_time(std::span<float> logits) const {
  const auto text = logits.first(tokens_.first_timestamp);
  const auto times = logits.subspan(tokens_.first_timestamp);
  if (log_sum_exp(times) > *std::max_element(text.begin(), text.end())) {
    forbid(text);
  }
}

}  // namespace ogam
