#include "core/text/bpe_tokenizer.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/text/added_tokens.h"
#include "core/text/bpe_model.h"
#include "core/text/byte_alphabet.h"
#include "core/text/regex.h"
#include "core/text/tokenizer_json.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

constexpr std::size_t kMaxTokenizerBytes = 64u << 20;

/// GPT-2's split into words, each with the space before it. White space is spelt as the Unicode
/// property: PCRE2's \s also takes U+180E, which other engines do not.
constexpr const char* kWordPattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+)"
    R"(|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+)";

std::vector<AddedToken> with_normalized(const std::vector<AddedToken>& tokens, bool normalized) {
  std::vector<AddedToken> chosen;
  std::copy_if(tokens.begin(), tokens.end(), std::back_inserter(chosen),
               [&](const AddedToken& token) { return token.normalized == normalized; });
  return chosen;
}

TokenizerJson read_tokenizer(const std::filesystem::path& folder) {
  const auto path = folder / "tokenizer.json";
  return parse_tokenizer_json(read_file(path, kMaxTokenizerBytes), display_path(path));
}

}  // namespace

struct BpeTokenizer::State {
  explicit State(TokenizerJson json);

  void encode_text(std::string_view text, std::vector<std::int32_t>& ids) const;

  BpeModel model;
  AddedTokenMatcher first_added;       // in the text as it is
  AddedTokenMatcher normalized_added;  // in what is left
  Regex words;
  bool add_prefix_space;
  bool use_regex;
  std::unordered_map<std::string, std::int32_t> added_ids;
  std::unordered_map<std::int32_t, std::string> bytes;  // empty for special tokens
};

BpeTokenizer::State::State(TokenizerJson json)
    : model(std::move(json.model)),
      first_added(with_normalized(json.added_tokens, false)),
      normalized_added(with_normalized(json.added_tokens, true)),
      words(kWordPattern),
      add_prefix_space(json.add_prefix_space),
      use_regex(json.use_regex) {
  for (const auto& [token, id] : model.vocabulary()) {
    bytes[id] = bytes_of_token(token).value_or(token);
  }
  for (const auto& token : json.added_tokens) {
    added_ids[token.content] = token.id;
    bytes[token.id] = token.special ? "" : bytes_of_token(token.content).value_or(token.content);
  }
}

/// Encodes text that holds no added token.
void BpeTokenizer::State::encode_text(std::string_view text, std::vector<std::int32_t>& ids) const {
  std::string prefixed;
  if (add_prefix_space && !text.starts_with(' ')) {
    prefixed.append(" ").append(text);
    text = prefixed;
  }
  if (!use_regex) {
    model.encode(text, ids);
    return;
  }
  std::size_t position = 0;
  while (position < text.size()) {
    const auto word = words.find(text, position);
    // Every character is a letter, a number, white space or something else: words leave no gap.
    require(word && word->begin == position, ErrorCode::internal, "a word was skipped at byte {}",
            position);
    model.encode(text.substr(word->begin, word->end - word->begin), ids);
    position = word->end;
  }
}

BpeTokenizer::BpeTokenizer(const std::filesystem::path& folder)
    : state_(std::make_unique<State>(read_tokenizer(folder))) {}

BpeTokenizer::~BpeTokenizer() = default;
BpeTokenizer::BpeTokenizer(BpeTokenizer&&) noexcept = default;

std::vector<std::int32_t> BpeTokenizer::encode(std::string_view text) const {
  const std::string composed = to_nfc(text);
  std::vector<std::int32_t> ids;
  for (const auto& part : state_->first_added.split(composed)) {
    if (part.id >= 0) {
      ids.push_back(part.id);
      continue;
    }
    for (const auto& inner : state_->normalized_added.split(part.text)) {
      if (inner.id >= 0) {
        ids.push_back(inner.id);
      } else {
        state_->encode_text(inner.text, ids);
      }
    }
  }
  return ids;
}

std::string BpeTokenizer::decode(std::span<const std::int32_t> ids) const {
  std::string text;
  for (const auto id : ids) {
    if (const auto bytes = state_->bytes.find(id); bytes != state_->bytes.end()) {
      text += bytes->second;
    }
  }
  return text;
}

std::optional<std::int32_t> BpeTokenizer::token_id(std::string_view token) const {
  const auto added = state_->added_ids.find(std::string(token));
  return added != state_->added_ids.end() ? added->second : state_->model.token_id(token);
}

int BpeTokenizer::vocabulary_size() const {
  std::int32_t largest = -1;
  for (const auto& [id, bytes] : state_->bytes) {
    largest = std::max(largest, id);
  }
  return largest + 1;
}

}  // namespace ogam
