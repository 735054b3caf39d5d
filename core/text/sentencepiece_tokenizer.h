#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

namespace ogam {

/// Subword ids from a SentencePiece model (`tokenizer.model`), through the library itself.
/// Text is brought to NFC first: file names from macOS are decomposed.
class SentencePieceTokenizer {
 public:
  /// @throws Error{not_found, corrupt_data}.
  explicit SentencePieceTokenizer(const std::filesystem::path& model);
  ~SentencePieceTokenizer();
  SentencePieceTokenizer(SentencePieceTokenizer&&) noexcept;

  /// Ids without special tokens; text that is not UTF-8 is repaired with U+FFFD first.
  std::vector<std::int32_t> encode(std::string_view text) const;
  int vocabulary_size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ogam
