#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ogam {

/// A text as a speech model takes it.
struct SpokenIds {
  std::vector<std::int64_t> ids;      ///< empty when nothing in the text can be spoken
  std::vector<std::string> left_out;  ///< characters that the model does not know, each once
};

/// The characters that a speech model knows, from its vocab.json: {"a": 14, ...}. Words longer than
/// one character (`<unk>`) never come up, since texts are taken apart by character.
class SymbolTable {
 public:
  /// @throws Error{not_found} when there is no such file; Error{corrupt_data} for ids that are
  ///     negative, too large or given to two characters, and for a table of none.
  explicit SymbolTable(const std::filesystem::path& vocab_file);

  std::optional<std::int64_t> find(char32_t symbol) const;
  bool contains(char32_t symbol) const { return ids_.contains(symbol); }

  /// The character whose id it is.
  std::optional<char32_t> symbol_of(std::int64_t id) const;

  /// The id of the one character that a text of the tokenizer's configuration is.
  /// @param key that names it, and @param origin the file, for errors.
  /// @throws Error{corrupt_data} when it is another text, or not in the table.
  std::int64_t id_of(const std::string& symbol, const std::string& key,
                     const std::string& origin) const;

 private:
  std::map<char32_t, std::int64_t> ids_;
};

/// Adds a character to those left out, once.
void note_left_out(char32_t symbol, SpokenIds& spoken);

}  // namespace ogam
