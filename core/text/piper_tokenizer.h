#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/text/symbol_table.h"

namespace ogam {

/// The phonemes of a Piper voice as ids: each code point of their canonical decomposition, with
/// pads between them, a start before and an end behind.
///
/// Its files are those that scripts/pack/converters/piper.py writes: vocab.json, and
/// tokenizer_config.json with "tokenizer_class": "PiperTokenizer", "espeak_voice", "language",
/// "pad_token", "bos_token" and "eos_token".
class PiperTokenizer {
 public:
  /// @throws Error{not_found, corrupt_data, unsupported}.
  explicit PiperTokenizer(const std::filesystem::path& folder);

  /// @param phonemes as espeak-ng writes them, with the marks that end clauses.
  SpokenIds encode(std::string_view phonemes) const;

  /// The voice of espeak-ng that the phonemes must come from.
  const std::string& espeak_voice() const { return espeak_voice_; }
  /// ISO 639-1 code of what the voice speaks.
  const std::string& language() const { return language_; }

 private:
  SymbolTable symbols_;
  std::string espeak_voice_;
  std::string language_;
  std::int64_t pad_ = 0;
  std::int64_t start_ = 0;
  std::int64_t end_ = 0;
};

}  // namespace ogam
