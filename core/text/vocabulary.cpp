#include "core/text/vocabulary.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/text/component_json.h"

namespace ogam {

Vocabulary Vocabulary::parse(const SortedJson& json, const std::string& origin) {
  require(json.is_object(), ErrorCode::corrupt_data, "{}: the vocabulary must be an object",
          origin);
  Vocabulary vocabulary(origin);
  vocabulary.ids_.reserve(json.size());
  vocabulary.tokens_.reserve(json.size());
  for (const auto& [token, value] : json.items()) {
    vocabulary.add(token, token_id_value(value, token, origin));
  }
  return vocabulary;
}

void Vocabulary::add(const std::string& token, std::int32_t id) {
  require(tokens_.emplace(id, token).second, ErrorCode::corrupt_data,
          "{}: two tokens have the id {}", origin_, id);
  ids_.insert_or_assign(token, id);
  largest_id_ = std::max(largest_id_, id);
}

std::optional<std::int32_t> Vocabulary::id(std::string_view token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

const std::string* Vocabulary::token(std::int32_t id) const {
  const auto found = tokens_.find(id);
  return found == tokens_.end() ? nullptr : &found->second;
}

ByteTokens::ByteTokens(const Vocabulary& vocabulary) {
  for (std::size_t byte = 0; byte < ids_.size(); ++byte) {
    ids_[byte] = vocabulary.id(fmt::format("<0x{:02X}>", byte)).value_or(-1);
  }
}

bool ByteTokens::append(std::string_view text, std::vector<std::int32_t>& ids) const {
  const auto id_of = [&](char byte) { return ids_[static_cast<unsigned char>(byte)]; };
  if (!std::all_of(text.begin(), text.end(), [&](char byte) { return id_of(byte) >= 0; })) {
    return false;
  }
  std::transform(text.begin(), text.end(), std::back_inserter(ids), id_of);
  return true;
}

}  // namespace ogam
