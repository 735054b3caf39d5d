#include "core/text/symbol_table.h"

#include <algorithm>
#include <set>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/text/unicode.h"

namespace ogam {
namespace {

constexpr std::size_t kMaxFile = 4u << 20;
constexpr std::int64_t kMaxId = 1 << 20;

/// The only character of a text, or none.
std::optional<char32_t> only_character(const std::string& text) {
  if (!is_valid_utf8(text)) {
    return {};
  }
  const auto characters = code_points(text);
  return characters.size() == 1 ? std::optional(characters[0]) : std::nullopt;
}

}  // namespace

SymbolTable::SymbolTable(const std::filesystem::path& vocab_file) {
  const auto origin = display_path(vocab_file);
  const auto words = parse_sorted_json(read_file(vocab_file, kMaxFile), origin);
  require(words.is_object(), ErrorCode::corrupt_data, "{}: expected an object of ids", origin);
  std::set<std::int64_t> taken;
  for (const auto& [word, value] : words.items()) {
    const auto id = json_value<std::int64_t>(words, word, origin);
    require(id >= 0 && id <= kMaxId, ErrorCode::corrupt_data,
            "{}: the id of '{}' is {}, expected 0 to {}", origin, display_path(word), id, kMaxId);
    if (const auto symbol = only_character(word)) {
      require(taken.insert(id).second, ErrorCode::corrupt_data, "{}: two characters have the id {}",
              origin, id);
      ids_[*symbol] = id;
    }
  }
  require(!ids_.empty(), ErrorCode::corrupt_data, "{} lists no characters", origin);
}

std::optional<std::int64_t> SymbolTable::find(char32_t symbol) const {
  const auto found = ids_.find(symbol);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<char32_t> SymbolTable::symbol_of(std::int64_t id) const {
  const auto found =
      std::find_if(ids_.begin(), ids_.end(), [&](const auto& entry) { return entry.second == id; });
  return found == ids_.end() ? std::nullopt : std::optional(found->first);
}

std::int64_t SymbolTable::id_of(const std::string& symbol, const std::string& key,
                                const std::string& origin) const {
  const auto character = only_character(symbol);
  require(character && contains(*character), ErrorCode::corrupt_data,
          "{}: \"{}\" must be one character of vocab.json, got '{}'", origin, key,
          display_path(symbol));
  return *find(*character);
}

void note_left_out(char32_t symbol, SpokenIds& spoken) {
  std::string text;
  append_utf8(symbol, text);
  if (std::find(spoken.left_out.begin(), spoken.left_out.end(), text) == spoken.left_out.end()) {
    spoken.left_out.push_back(std::move(text));
  }
}

}  // namespace ogam
