#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/tensor/checkpoint.h"
#include "core/text/tokenizer.h"
#include "decoders/text/whisper_decoder.h"
#include "decoders/text/whisper_tokens.h"
#include "encoders/audio/whisper_encoder.h"
#include "encoders/audio/whisper_features.h"

namespace ogam {

/// Everything that a folder of `WhisperForConditionalGeneration` holds, of any size: see
/// docs/speech.md for which files may be missing.
struct WhisperModel {
  /// @throws Error{not_found, corrupt_data, unsupported}.
  explicit WhisperModel(Checkpoint& checkpoint);

  /// A window's sound as the decoder attends to it: per layer, keys and values.
  std::vector<KeyValues> listen(std::span<const float> samples) const;

  /// What tokens stand for; those that are no text are left out.
  std::string text_of(std::span<const std::int32_t> ids) const;

  WhisperEncoderConfig encoder_config;
  WhisperDecoderConfig decoder_config;
  Tokenizer tokenizer;
  WhisperTokens tokens;
  WhisperFeatures features;
  WhisperEncoder encoder;
  WhisperDecoder decoder;
};

}  // namespace ogam
