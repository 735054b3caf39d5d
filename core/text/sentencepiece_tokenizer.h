#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ogam {

/// Subword ids from a SentencePiece model (`tokenizer.model`), through the library itself.
class SentencePieceTokenizer {
 public:
  /// @throws Error{not_found, corrupt_data}.
  explicit SentencePieceTokenizer(const std::filesystem::path& model);
  ~SentencePieceTokenizer();
  SentencePieceTokenizer(SentencePieceTokenizer&&) noexcept;

  /// Ids without special tokens.
  /// @param text valid UTF-8.
  std::vector<std::int32_t> encode(std::string_view text) const;
  /// The text of `ids`, of which those of control tokens and of no piece are left out.
  std::string decode(std::span<const std::int32_t> ids) const;

  std::optional<std::int32_t> token_id(std::string_view piece) const;
  /// Nothing where the model has no such token.
  std::optional<std::int32_t> bos_id() const;
  std::optional<std::int32_t> eos_id() const;
  int vocabulary_size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ogam
