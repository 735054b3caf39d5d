#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/sentencepiece_tokenizer.h"
#include "core/text/tokenizer.h"

namespace ogam {

/// Text as SigLIP's own tokenizer sees it: in lower case if wanted, without ASCII punctuation, with
/// one blank wherever there was white space, and none at the ends.
/// Source: SiglipTokenizer.canonicalize_text.
/// @param text valid UTF-8.
std::string canonical_text(std::string_view text, bool lower_case);

/// Texts as SigLIP and SigLIP 2 read them: all of one number of tokens.
///
/// Which of two kinds a folder holds is said by `tokenizer_class` in its tokenizer_config.json.
/// SiglipTokenizer: a SentencePiece model (spiece.model) of canonical text, with an end token.
/// Siglip2Tokenizer, and GemmaTokenizer in a folder of SigLIP 2 at a fixed size: a tokenizer.json.
/// The former reads text in lower case, as SigLIP 2 was trained, the latter as it is.
class SiglipTokenizer {
 public:
  /// @param model_type of the folder; a SigLIP 2 of many sizes ("siglip2") has the second kind
  ///     whatever its file says.
  /// @throws Error{not_found, corrupt_data}, Error{unsupported} naming another class.
  SiglipTokenizer(const std::filesystem::path& folder, const std::string& model_type);

  /// @param text UTF-8, repaired first.
  /// @param length tokens: a longer text is cut before its last special tokens, a shorter one is
  ///     filled up with the padding token, at the side that the folder says.
  /// @return `length` ids.
  std::vector<std::int64_t> encode(std::string_view text, std::size_t length) const;

 private:
  std::vector<std::int32_t> unpadded(std::string_view text, std::size_t length) const;
  std::int32_t token_id(const std::string& token) const;

  std::optional<SentencePieceTokenizer> pieces_;  // of the first kind
  std::optional<Tokenizer> words_;                // of the second
  bool lower_case_ = true;
  bool pads_left_ = false;
  std::int32_t end_id_ = 0;  // of the first kind
  std::int32_t pad_id_ = 0;
};

}  // namespace ogam
