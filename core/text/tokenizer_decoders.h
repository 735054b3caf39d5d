#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/json.h"

namespace ogam {

/// The decoder of a tokenizer.json: makes tokens a text again. Safe to use from several threads at
/// once.
///
/// ByteLevel, WordPiece, Metaspace, BPEDecoder, ByteFallback, Fuse, Strip, Replace and Sequence,
/// each as the `tokenizers` library defines it. Without one, tokens are joined by spaces.
class DecoderChain {
 public:
  DecoderChain() = default;
  /// @param json the component, or null for none.
  /// @param origin the file's name, for errors.
  /// @throws Error{corrupt_data}, Error{unsupported} naming what is not implemented.
  DecoderChain(const SortedJson& json, const std::string& origin);

  /// The text of `tokens`. Where ByteLevel comes last, it may begin or end within a character.
  std::string decode(std::vector<std::string> tokens) const;

  using Step = std::function<void(std::vector<std::string>&)>;

 private:
  bool present_ = false;
  std::vector<Step> steps_;
};

}  // namespace ogam
