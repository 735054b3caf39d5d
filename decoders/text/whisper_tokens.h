#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "decoders/text/whisper_decoder.h"

namespace ogam {

/// Whisper's tokens that steer decoding, from a Hugging Face generation_config.json.
///
/// Ids below `end` are text; ids from `first_timestamp` on are times, kTimestampsPerSecond to the
/// second.
struct WhisperTokens {
  static constexpr int kTimestampsPerSecond = 50;

  std::int32_t start = 0;
  std::int32_t end = 0;
  std::int32_t transcribe = 0;
  std::int32_t translate = 0;
  std::int32_t no_speech = 0;
  std::int32_t no_timestamps = 0;
  std::int32_t first_timestamp = 0;
  std::map<std::string, std::int32_t>
      languages;                         ///< "ko" -> id; empty for a model of English alone
  std::vector<std::int32_t> suppressed;  ///< never chosen
  std::vector<std::int32_t> suppressed_at_start;  ///< not chosen as the first token
  std::vector<AttentionHead> alignment_heads;     ///< heads that follow the sound, for word times

  /// @throws Error{corrupt_data} when a value is missing or outside of the model.
  static WhisperTokens parse(const Json& generation_config, const WhisperDecoderConfig& config,
                             const std::string& origin);

  bool is_timestamp(std::int32_t token) const { return token >= first_timestamp; }
  bool is_text(std::int32_t token) const { return token < end; }

  /// The id of a language by its ISO 639 code.
  /// @throws Error{invalid_argument} listing some of the languages when the model does not know it.
  std::int32_t language_token(const std::string& code) const;

  /// What decoding starts from: start, language and task. English-only models start with `start`
  /// alone.
  std::vector<std::int32_t> prompt(const std::string& language, bool translating) const;
};

}  // namespace ogam
