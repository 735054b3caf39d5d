#include "core/text/grammar/token_table.h"

#include <algorithm>
#include <map>

#include "core/base/error.h"
#include "core/text/tokenizer.h"

namespace ogam {

namespace {

using Groups = std::vector<std::vector<std::int32_t>>;

/// Tokens with the same bytes together; their bytes with the number of the group.
ByteTrie make_trie(const std::vector<std::string>& tokens, Groups& groups,
                   const std::string& origin) {
  std::map<std::string_view, std::int32_t> numbers;
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    if (tokens[id].empty()) {
      continue;
    }
    const auto [found, is_new] =
        numbers.emplace(tokens[id], static_cast<std::int32_t>(groups.size()));
    if (is_new) {
      groups.emplace_back();
    }
    groups[static_cast<std::size_t>(found->second)].push_back(static_cast<std::int32_t>(id));
  }
  for (int byte = 0; byte < 0xF5; ++byte) {
    const char c = static_cast<char>(byte);
    const bool occurs = byte != 0xC0 && byte != 0xC1;
    require(!occurs || numbers.contains({&c, 1}), ErrorCode::unsupported,
            "{}: no token writes the byte 0x{:02X} alone; texts can be constrained with "
            "vocabularies that write every byte (byte-level or with byte fallback)",
            origin, byte);
  }
  return {ByteTrie::Entries(numbers.begin(), numbers.end()), origin};
}

}  // namespace

TokenTable::TokenTable(std::vector<std::string> tokens, std::vector<std::int32_t> ends,
                       const std::string& origin)
    : tokens_(std::move(tokens)),
      ends_(std::move(ends)),
      trie_(make_trie(tokens_, groups_, origin)) {
  for (const auto id : ends_) {
    require(id >= 0 && static_cast<std::size_t>(id) < tokens_.size(), ErrorCode::invalid_argument,
            "{}: the end token {} is not one of {} tokens", origin, id, tokens_.size());
  }
}

const std::string& TokenTable::bytes(std::int32_t id) const {
  require(id >= 0 && static_cast<std::size_t>(id) < tokens_.size(), ErrorCode::invalid_argument,
          "{} is not the id of one of {} tokens", id, tokens_.size());
  return tokens_[static_cast<std::size_t>(id)];
}

bool TokenTable::is_end(std::int32_t id) const {
  return std::find(ends_.begin(), ends_.end(), id) != ends_.end();
}

std::vector<std::string> token_bytes(const Tokenizer& tokenizer) {
  // Behind another token, so that what a decoder does to the beginning of a text is left out.
  const auto before = tokenizer.encode("a", {.add_special_tokens = false});
  const DecodeOptions plain{.skip_special_tokens = true, .repair = false};
  const auto start = tokenizer.decode(before, plain);
  std::vector<std::string> tokens(static_cast<std::size_t>(tokenizer.vocabulary_size()));
  auto ids = before;
  ids.push_back(0);
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    ids.back() = static_cast<std::int32_t>(id);
    const auto text = tokenizer.decode(ids, plain);
    if (text.starts_with(start)) {
      tokens[id] = text.substr(start.size());
    }
  }
  return tokens;
}

}  // namespace ogam
