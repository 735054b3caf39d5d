#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/text/symbol_table.h"

namespace ogam {

/// Hugging Face's `VitsTokenizer`, as MMS-TTS has it: one token for each character that the voice
/// knows, in lower case, with blanks between them.
class VitsTokenizer {
 public:
  /// Reads vocab.json and tokenizer_config.json.
  ///
  /// @throws Error{not_found} when one of them is missing, Error{corrupt_data},
  ///     Error{unsupported} for a voice that takes phonemes or text as it is, and for one whose
  ///     language must be romanised with uroman, unless that is Korean.
  explicit VitsTokenizer(const std::filesystem::path& folder);

  /// @param text any; broken UTF-8 is repaired.
  /// @throws Error{unsupported} when it has letters that would have to be romanised.
  SpokenIds encode(std::string_view text) const;

  /// ISO 639-3 code of what the voice speaks; empty when the folder does not tell.
  const std::string& language() const { return language_; }

  /// Whether the voice knows the digits, so that numbers need not be written as words.
  bool knows_digits() const;

 private:
  std::string lower_case(std::string_view text) const;

  SymbolTable symbols_;
  std::string language_;
  bool add_blank_ = true;
  bool romanizes_ = false;
  std::optional<char32_t> pad_;  // a character that stands for itself, without blanks around it
};

}  // namespace ogam
