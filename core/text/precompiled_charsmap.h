#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/normalizers.h"

namespace ogam {

/// The character map of a SentencePiece model: what each of some strings is replaced with, as a
/// double-array trie followed by the replacements. Source: Google SentencePiece, normalizer.cc, and
/// the Darts-clone library for the layout of a unit.
class PrecompiledCharsmap {
 public:
  /// @param base64 the map as tokenizer.json has it.
  /// @param origin the file's name, for errors.
  /// @throws Error{corrupt_data} when it is no such map.
  PrecompiledCharsmap(std::string_view base64, const std::string& origin);

  /// Replaces grapheme clusters of less than 6 bytes, otherwise characters, as the `tokenizers`
  /// library does.
  void apply(NormalizedText& text) const;

 private:
  /// What the shortest mapped beginning of `text` is replaced with; nothing when there is none.
  std::optional<std::string_view> find(std::string_view text) const;

  std::vector<std::uint32_t> units_;
  std::string replacements_;  // each ends with NUL
};

}  // namespace ogam
