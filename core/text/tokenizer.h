#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/tokenizer_json.h"

namespace ogam {

struct EncodeOptions {
  bool add_special_tokens = true;  ///< around the text, as the model was trained
  /// Of one text, special tokens among them: the end of a longer text is cut off.
  std::optional<std::size_t> max_tokens = {};
};

struct DecodeOptions {
  bool skip_special_tokens = true;
  bool repair = true;  ///< a character that is cut becomes U+FFFD; otherwise its bytes stay
};

/// Text to the ids of a model's vocabulary and back.
///
/// From a Hugging Face tokenizer.json (see docs/tokenizers.md for what it may hold), with the
/// results of the `tokenizers` library; else from a SentencePiece model, with those of that
/// library; else from what a GGUF file tells of its tokenizer. Unless asked to, results are neither
/// cut nor filled up: `truncation` and `padding` say what the file wants. Safe to use from several
/// threads at once.
class Tokenizer {
 public:
  using Ids = std::vector<std::int32_t>;

  /// @param folder a model folder with tokenizer.json, tokenizer.model or spiece.model, with
  ///     Whisper's vocab.json and merges.txt, or with a GGUF file.
  /// @throws Error{not_found, corrupt_data}, Error{unsupported} naming what is not implemented.
  explicit Tokenizer(const std::filesystem::path& folder);
  /// The same from the content of a tokenizer.json; `origin` is named in errors.
  static Tokenizer parse(std::string_view tokenizer_json, const std::string& origin);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;

  /// Ids of `text`, which is repaired first where it is not UTF-8. Added tokens written in the text
  /// are recognised.
  /// @throws Error{invalid_argument} when no more tokens are allowed than the special ones take;
  ///     Error{corrupt_data} when a character needs an unknown token that the model lacks,
  ///     Error{resource_exhausted} when a regular expression takes too long,
  ///     Error{unsupported} when a SentencePiece model's folder does not say which special tokens
  ///     to add.
  Ids encode(std::string_view text, EncodeOptions options = {}) const;

  /// Ids of two texts that belong together, such as a question and a passage.
  /// @throws Error{unsupported} when special tokens are to be added and the tokenizer is a
  ///     SentencePiece model.
  Ids encode_pair(std::string_view first, std::string_view second,
                  EncodeOptions options = {}) const;

  /// The text of `ids`; those of no token are left out.
  std::string decode(std::span<const std::int32_t> ids, DecodeOptions options = {}) const;

  /// The id of a token as written in the vocabulary, such as "<|ko|>".
  std::optional<std::int32_t> token_id(std::string_view token) const;
  /// One more than the largest id.
  int vocabulary_size() const;

  std::optional<TokenizerTruncation> truncation() const;
  std::optional<TokenizerPadding> padding() const;

 private:
  class Backend;
  class JsonBackend;
  class SentencePieceBackend;
  explicit Tokenizer(std::unique_ptr<Backend> backend);
  static std::unique_ptr<Backend> open(const std::filesystem::path& folder);

  std::unique_ptr<Backend> backend_;
};

}  // namespace ogam
