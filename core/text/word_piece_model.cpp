#include "core/text/word_piece_model.h"

#include <utility>

#include "core/base/error.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

ByteTrie::Entries tokens_after(const Vocabulary& vocabulary, const std::string& prefix) {
  ByteTrie::Entries entries;
  for (const auto& [id, token] : vocabulary.tokens()) {
    if (token.starts_with(prefix) && token.size() > prefix.size()) {
      entries.emplace_back(token.substr(prefix.size()), id);
    }
  }
  return entries;
}

std::int32_t unknown_id(const Vocabulary& vocabulary, const std::string& unk_token) {
  const auto id = vocabulary.id(unk_token);
  require(id.has_value(), ErrorCode::corrupt_data,
          "{}: the text has an unknown word, and the unknown token '{}' is not in the vocabulary",
          vocabulary.origin(), unk_token);
  return *id;
}

bool is_longer(std::string_view text, std::size_t characters) {
  std::size_t count = 0;
  for (const char byte : text) {
    count += (static_cast<unsigned char>(byte) & 0xC0) != 0x80 ? 1 : 0;
  }
  return count > characters;
}

}  // namespace

WordPieceConfig WordPieceConfig::parse(ComponentJson& json) {
  return {.unk_token = json.value<std::string>("unk_token"),
          .continuing_subword_prefix = json.value<std::string>("continuing_subword_prefix"),
          .max_input_chars_per_word = json.value<std::size_t>("max_input_chars_per_word")};
}

WordPieceModel::WordPieceModel(Vocabulary vocabulary, WordPieceConfig config)
    : TokenModel(std::move(vocabulary)),
      config_(std::move(config)),
      beginnings_(tokens_after(this->vocabulary(), ""), this->vocabulary().origin()),
      continuations_(tokens_after(this->vocabulary(), config_.continuing_subword_prefix),
                     this->vocabulary().origin()) {}

void WordPieceModel::encode(std::string_view word, std::vector<std::int32_t>& ids) const {
  const auto before = ids.size();
  bool known = !is_longer(word, config_.max_input_chars_per_word);
  for (std::size_t begin = 0; known && begin < word.size();) {
    std::size_t longest = 0;
    std::int32_t id = 0;
    (begin == 0 ? beginnings_ : continuations_)
        .for_each_prefix(word.substr(begin), [&](std::size_t size, std::int32_t number) {
          longest = size;
          id = number;
        });
    known = longest > 0;
    begin += longest;
    ids.push_back(id);
  }
  if (!known) {
    ids.resize(before);
    ids.push_back(unknown_id(vocabulary(), config_.unk_token));
  }
}

WordLevelModel::WordLevelModel(Vocabulary vocabulary, std::string unk_token)
    : TokenModel(std::move(vocabulary)), unk_token_(std::move(unk_token)) {}

void WordLevelModel::encode(std::string_view word, std::vector<std::int32_t>& ids) const {
  const auto id = vocabulary().id(word);
  ids.push_back(id ? *id : unknown_id(vocabulary(), unk_token_));
}

}  // namespace ogam
