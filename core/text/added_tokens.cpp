#include "core/text/added_tokens.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/text/unicode.h"

namespace ogam {

namespace {

/// Where the first character of `text` ends; `text` is not empty.
std::size_t first_character(std::string_view text) {
  std::size_t end = 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    ++end;
  }
  return end;
}

/// Where the last character of `text` begins; `text` is not empty.
std::size_t last_character(std::string_view text) {
  std::size_t begin = text.size() - 1;
  while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) {
    --begin;
  }
  return begin;
}

bool starts_with(std::string_view text, bool (*is_kind)(char32_t)) {
  return !text.empty() && is_kind(code_points(text.substr(0, first_character(text)))[0]);
}

bool ends_with(std::string_view text, bool (*is_kind)(char32_t)) {
  return !text.empty() && is_kind(code_points(text.substr(last_character(text)))[0]);
}

}  // namespace

AddedTokenMatcher::AddedTokenMatcher(std::vector<AddedToken> tokens)
    : tokens_(std::move(tokens)), first_byte_(256, false) {
  std::set<std::size_t, std::greater<>> lengths;
  for (const auto& token : tokens_) {
    by_content_[token.content] = &token;
    lengths.insert(token.content.size());
    first_byte_[static_cast<unsigned char>(token.content.at(0))] = true;
  }
  lengths_.assign(lengths.begin(), lengths.end());
}

const AddedToken* AddedTokenMatcher::match_at(std::string_view text, std::size_t position) const {
  if (!first_byte_[static_cast<unsigned char>(text[position])]) {
    return nullptr;
  }
  for (const std::size_t length : lengths_) {
    if (length <= text.size() - position) {
      const auto found = by_content_.find(text.substr(position, length));
      if (found != by_content_.end()) {
        return found->second;
      }
    }
  }
  return nullptr;
}

std::vector<TextPart> AddedTokenMatcher::split(std::string_view text) const {
  std::vector<TextPart> parts;
  std::size_t done = 0;  // everything before is in `parts`
  std::size_t position = 0;
  while (position < text.size()) {
    const AddedToken* const token = match_at(text, position);
    if (token == nullptr) {
      ++position;
      continue;
    }
    std::size_t begin = position;
    std::size_t end = position + token->content.size();
    position = end;
    const auto touches_word = [&] {
      return ends_with(text.substr(0, begin), is_word_character) ||
             starts_with(text.substr(end), is_word_character);
    };
    if (token->single_word && touches_word()) {
      continue;
    }
    while (token->lstrip && begin > done && ends_with(text.substr(0, begin), is_white_space)) {
      begin = last_character(text.substr(0, begin));
    }
    while (token->rstrip && starts_with(text.substr(end), is_white_space)) {
      end += first_character(text.substr(end));
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

}  // namespace ogam
