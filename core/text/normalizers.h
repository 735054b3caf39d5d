#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "core/base/json.h"

namespace ogam {

/// A text as it is rewritten before it is split.
struct NormalizedText {
  std::string text;      ///< valid UTF-8
  std::size_t head = 0;  ///< bytes at its beginning that stem from the first character of the input
};

/// The normalizer of a tokenizer.json: steps that rewrite a text one after another. Safe to use
/// from several threads at once.
///
/// NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, BertNormalizer, Replace, Prepend,
/// Precompiled, Nmt, ByteLevel and Sequence, each as the `tokenizers` library defines it.
/// Characters that recent versions of Unicode have added are known here and may not be known to the
/// library.
class Normalizer {
 public:
  Normalizer() = default;
  /// @param json the component, or null for none.
  /// @param origin the file's name, for errors.
  /// @throws Error{corrupt_data}, Error{unsupported} naming what is not implemented.
  Normalizer(const SortedJson& json, const std::string& origin);

  void apply(NormalizedText& text) const;

  using Step = std::function<void(NormalizedText&)>;

 private:
  std::vector<Step> steps_;
};

}  // namespace ogam
