#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/cancellation.h"
#include "decoders/text/whisper_decoder.h"
#include "decoders/text/whisper_tokens.h"

namespace ogam {

struct WhisperSearchOptions {
  int beam_size = 1;  ///< 1 is greedy
  double temperature =
      0;  ///< above 0: `samples` sequences are drawn instead, the likeliest is kept
  int samples = 5;
  double length_penalty = 1;  ///< beams are compared by log probability / length ^ penalty
  CancellationToken cancellation = {};
};

/// What was decoded from one window.
struct WhisperSequence {
  std::vector<std::int32_t> tokens;    ///< text and times, without prompt and end
  double average_log_probability = 0;  ///< per token, the end counted
  double no_speech_probability = 0;
  bool stuck = false;  ///< cut off in an endless repetition
};

struct LanguageProbability {
  std::string code;
  double probability = 0;
};

/// Finds the likeliest tokens for a sound: greedy, beam search, or sampling.
/// Source: Radford et al. 2022, section 4.5.
class WhisperSearch {
 public:
  WhisperSearch(const WhisperDecoder& decoder, const WhisperTokens& tokens)
      : decoder_(decoder), tokens_(tokens) {}

  /// @param sound from WhisperDecoder::project.
  /// @param prompt from WhisperTokens::prompt.
  /// @throws Cancelled.
  WhisperSequence decode(const std::vector<KeyValues>& sound,
                         const std::vector<std::int32_t>& prompt,
                         const WhisperSearchOptions& options) const;

  /// Every language with its probability, likeliest first.
  std::vector<LanguageProbability> detect_language(const std::vector<KeyValues>& sound) const;

 private:
  const WhisperDecoder& decoder_;
  const WhisperTokens& tokens_;
};

}  // namespace ogam
