#pragma once

#include <cstdint>
#include <span>

#include "decoders/text/whisper_tokens.h"

namespace ogam {

/// Which tokens Whisper may choose next when it writes times: text and times alternate as
/// `<start> text <end> <start> text <end>`, times never decrease, and a time is chosen when all
/// times together are likelier than any single text token. Source: Radford et al. 2022, section 2.3
/// and its reference implementation.
class WhisperRules {
 public:
  /// The first time of a window is at most one second.
  static constexpr std::int32_t kMaxFirstTimestamp = 50;

  explicit WhisperRules(const WhisperTokens& tokens) : tokens_(tokens) {}

  /// Sets the logits of tokens that may not follow `chosen` to minus infinity.
  /// @param logits of the whole vocabulary.
  /// @param chosen since the prompt.
  void apply(std::span<float> logits, std::span<const std::int32_t> chosen) const;

 private:
  void apply_order(std::span<float> logits, std::span<const std::int32_t> chosen) const;
  void prefer_time(std::span<float> logits) const;

  const WhisperTokens& tokens_;
};

}  // namespace ogam
