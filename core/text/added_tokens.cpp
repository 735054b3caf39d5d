#include "core/text/added_tokens.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/base/error.h"
#include "core/text/component_json.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

bool starts_with(std::string_view text, bool (*is_kind)(char32_t)) {
  return !text.empty() && is_kind(first_character(text).code_point);
}

bool ends_with(std::string_view text, bool (*is_kind)(char32_t)) {
  return !text.empty() && is_kind(last_character(text).code_point);
}

ByteTrie::Entries entries_of(const std::vector<AddedToken>& tokens) {
  ByteTrie::Entries entries;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens[i].written.empty()) {  // what normalization took away is never found
      entries.emplace_back(tokens[i].written, static_cast<std::int32_t>(i));
    }
  }
  return entries;
}

AddedToken parse_added_token(const SortedJson& value, const Normalizer& normalizer,
                             const std::string& origin) {
  ComponentJson json(value, "added token", origin, "");
  AddedToken token;
  token.content = json.value<std::string>("content");
  require(!token.content.empty(), ErrorCode::corrupt_data, "{}: an added token is empty", origin);
  token.id = token_id_value(json.part("id"), token.content, origin);
  token.special = json.value_or<bool>("special", false);
  token.single_word = json.value_or<bool>("single_word", false);
  token.lstrip = json.value_or<bool>("lstrip", false);
  token.rstrip = json.value_or<bool>("rstrip", false);
  token.normalized = json.value_or<bool>("normalized", !token.special);
  json.finish();
  NormalizedText written{token.content};
  if (token.normalized) {
    normalizer.apply(written);
  }
  token.written = std::move(written.text);
  return token;
}

std::vector<AddedToken> parse_added_tokens(const SortedJson& json, const Vocabulary& vocabulary,
                                           const Normalizer& normalizer,
                                           const std::string& origin) {
  require(json.is_null() || json.is_array(), ErrorCode::corrupt_data,
          "{}: added_tokens must be an array", origin);
  std::vector<AddedToken> tokens;
  std::unordered_set<std::string> contents;
  // The library numbers new tokens itself, from the size of the vocabulary on.
  auto next = static_cast<std::int64_t>(vocabulary.size());
  for (const auto& value : json) {
    auto token = parse_added_token(value, normalizer, origin);
    const auto known = vocabulary.id(token.content);
    require(contents.insert(token.content).second, ErrorCode::corrupt_data,
            "{}: the added token '{}' occurs twice", origin, token.content);
    const bool fits =
        known ? token.id == *known : token.id == next && vocabulary.token(token.id) == nullptr;
    require(fits, ErrorCode::corrupt_data,
            "{}: the added token '{}' has the id {}; by the vocabulary it must be {}, and free",
            origin, token.content, token.id, known ? *known : next);
    next += known ? 0 : 1;
    tokens.push_back(std::move(token));
  }
  return tokens;
}

std::vector<AddedToken> with_normalized(const std::vector<AddedToken>& tokens, bool normalized) {
  std::vector<AddedToken> chosen;
  std::copy_if(tokens.begin(), tokens.end(), std::back_inserter(chosen),
               [&](const AddedToken& token) { return token.normalized == normalized; });
  return chosen;
}

}  // namespace

AddedTokenMatcher::AddedTokenMatcher(std::vector<AddedToken> tokens, const std::string& origin)
    : tokens_(std::move(tokens)), trie_(entries_of(tokens_), origin), first_bytes_(256, false) {
  for (const auto& token : tokens_) {
    if (!token.written.empty()) {
      first_bytes_[static_cast<unsigned char>(token.written[0])] = true;
    }
  }
}

/// The longest token that `text` begins with.
const AddedToken* AddedTokenMatcher::match_at(std::string_view text) const {
  if (!first_bytes_[static_cast<unsigned char>(text[0])]) {
    return nullptr;
  }
  const AddedToken* longest = nullptr;
  trie_.for_each_prefix(text, [&](std::size_t, std::int32_t place) {
    longest = &tokens_[static_cast<std::size_t>(place)];
  });
  return longest;
}

std::vector<TextPart> AddedTokenMatcher::split(std::string_view text) const {
  std::vector<TextPart> parts;
  std::size_t done = 0;  // everything before is in `parts`
  std::size_t position = 0;
  while (position < text.size()) {
    const AddedToken* const token = match_at(text.substr(position));
    if (token == nullptr) {
      ++position;
      continue;
    }
    std::size_t begin = position;
    std::size_t end = position + token->written.size();
    position = end;
    const auto touches_word = [&] {
      return ends_with(text.substr(0, begin), is_word_character) ||
             starts_with(text.substr(end), is_word_character);
    };
    if (token->single_word && touches_word()) {
      continue;
    }
    while (token->lstrip && begin > done && ends_with(text.substr(0, begin), is_white_space)) {
      begin -= last_character(text.substr(0, begin)).size;
    }
    while (token->rstrip && starts_with(text.substr(end), is_white_space)) {
      end += first_character(text.substr(end)).size;
    }
    if (begin > done) {
      parts.push_back({text.substr(done, begin - done)});
    }
    parts.push_back({text.substr(begin, end - begin), token->id});
    done = end;
  }
  if (done < text.size()) {
    parts.push_back({text.substr(done)});
  }
  return parts;
}

AddedTokens::AddedTokens(const SortedJson& json, const Vocabulary& vocabulary,
                         const Normalizer& normalizer, const std::string& origin)
    : AddedTokens(parse_added_tokens(json, vocabulary, normalizer, origin), origin) {}

AddedTokens::AddedTokens(std::vector<AddedToken> tokens, const std::string& origin)
    : plain_(with_normalized(tokens, false), origin),
      normalized_(with_normalized(tokens, true), origin) {
  for (const auto& token : tokens) {
    ids_[token.content] = token.id;
    written_[token.id] = token.written;
    largest_id_ = std::max(largest_id_, token.id);
    if (token.special) {
      special_.insert(token.content);
    }
  }
}

const std::string* AddedTokens::token(std::int32_t id) const {
  const auto found = written_.find(id);
  return found == written_.end() ? nullptr : &found->second;
}

std::optional<std::int32_t> AddedTokens::id(const std::string& content) const {
  const auto found = ids_.find(content);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace ogam
