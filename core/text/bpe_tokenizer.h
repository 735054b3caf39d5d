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

/// Byte-level byte-pair encoding (GPT-2, Whisper) from `tokenizer.json`; equal to the `tokenizers`
/// library on text in NFC. Safe to use from several threads at once. Source: Sennrich et al. 2016;
/// the byte alphabet of Radford et al. 2019.
class BpeTokenizer {
 public:
  /// @param folder a model folder with tokenizer.json (model type BPE, ByteLevel pre-tokenizer).
  /// @throws Error{not_found, corrupt_data}, Error{unsupported} naming a component that is not
  /// implemented.
  explicit BpeTokenizer(const std::filesystem::path& folder);
  ~BpeTokenizer();
  BpeTokenizer(BpeTokenizer&&) noexcept;

  /// Ids of `text`; added tokens written in the text are recognised. NFC is applied first.
  std::vector<std::int32_t> encode(std::string_view text) const;

  /// The bytes of `ids`; special tokens are left out. The result may end within a UTF-8 character.
  std::string decode(std::span<const std::int32_t> ids) const;

  /// The id of a token as written in the vocabulary, such as "<|ko|>".
  std::optional<std::int32_t> token_id(std::string_view token) const;
  int vocabulary_size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ogam
