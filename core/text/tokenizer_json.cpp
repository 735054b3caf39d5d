#include "core/text/tokenizer_json.h"

#include <algorithm>
#include <array>
#include <set>
#include <unordered_set>
#include <utility>

#include "core/base/error.h"
#include "core/base/json.h"

namespace ogam {

namespace {

/// A part of the file that is absent, null or an object; null when absent.
const SortedJson& part(const SortedJson& object, const char* key) {
  static const SortedJson kNull;
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}

std::string type_of(const SortedJson& component, const std::string& origin) {
  return json_value<std::string>(component, "type", origin);
}

void require_supported(bool supported, const std::string& what, const std::string& origin) {
  require(supported, ErrorCode::unsupported, "{}: {} is not implemented; byte-level BPE is", origin,
          what);
}

/// One less than what fits, so that the size of the vocabulary fits too.
constexpr std::uint64_t kMaxTokenId = INT32_MAX - 1;

std::int32_t token_id_value(const SortedJson& value, const std::string& token,
                            const std::string& origin) {
  require(value.is_number_unsigned() && value.get<std::uint64_t>() <= kMaxTokenId,
          ErrorCode::corrupt_data, "{}: the id of token '{}' must be from 0 to {}", origin, token,
          kMaxTokenId);
  return value.get<std::int32_t>();
}

/// Nothing is left to do by a normaliser of these types: NFC is applied to every text.
void check_normalizer(const SortedJson& normalizer, const std::string& origin) {
  if (normalizer.is_null()) {
    return;
  }
  const auto type = type_of(normalizer, origin);
  if (type == "Sequence") {
    for (const auto& inner : json_value<SortedJson>(normalizer, "normalizers", origin)) {
      check_normalizer(inner, origin);
    }
  } else {
    require_supported(type == "NFC", "normalizer " + type, origin);
  }
}

/// These add special tokens around a text or correct offsets; ids of the text itself stay as they
/// are.
void check_post_processor(const SortedJson& processor, const std::string& origin) {
  if (processor.is_null()) {
    return;
  }
  const auto type = type_of(processor, origin);
  if (type == "Sequence") {
    for (const auto& inner : json_value<SortedJson>(processor, "processors", origin)) {
      check_post_processor(inner, origin);
    }
  } else {
    require_supported(type == "ByteLevel" || type == "TemplateProcessing", "post-processor " + type,
                      origin);
  }
}

void check_model_options(const SortedJson& model, const std::string& origin) {
  require_supported(json_value_or<std::string>(model, "type", origin, "BPE") == "BPE",
                    "model " + json_value_or<std::string>(model, "type", origin, ""), origin);
  require_supported(json_value_or<double>(model, "dropout", origin, 0) == 0, "dropout", origin);
  for (const char* affix : {"continuing_subword_prefix", "end_of_word_suffix"}) {
    require_supported(json_value_or<std::string>(model, affix, origin, "").empty(), affix, origin);
  }
  // unk_token and fuse_unk have no effect: every byte is in the vocabulary.
  require_supported(!json_value_or<bool>(model, "byte_fallback", origin, false), "byte_fallback",
                    origin);
}

std::pair<std::string, std::string> merge_value(const SortedJson& value,
                                                const std::string& origin) {
  if (value.is_string()) {
    const auto text = value.get<std::string>();
    const auto space = text.find(' ');
    require(space != std::string::npos && text.find(' ', space + 1) == std::string::npos,
            ErrorCode::corrupt_data, "{}: merge '{}' must be two tokens and a space", origin, text);
    return {text.substr(0, space), text.substr(space + 1)};
  }
  require(value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_string(),
          ErrorCode::corrupt_data, "{}: a merge must be a text or a pair of texts", origin);
  return {value[0].get<std::string>(), value[1].get<std::string>()};
}

BpeModelConfig parse_model(const SortedJson& model, const std::string& origin) {
  check_model_options(model, origin);
  BpeModelConfig config;
  config.origin = origin;
  config.ignore_merges = json_value_or<bool>(model, "ignore_merges", origin, false);
  const auto& vocabulary = part(model, "vocab");
  const auto& merges = part(model, "merges");
  require(vocabulary.is_object() && merges.is_array(), ErrorCode::corrupt_data,
          "{}: the model must have a vocab object and a merges array", origin);
  std::unordered_set<std::int32_t> ids;
  for (const auto& [token, value] : vocabulary.items()) {
    const auto id = token_id_value(value, token, origin);
    require(ids.insert(id).second, ErrorCode::corrupt_data, "{}: two tokens have the id {}", origin,
            id);
    config.vocabulary.emplace(token, id);
  }
  for (const auto& merge : merges) {
    config.merges.push_back(merge_value(merge, origin));
  }
  return config;
}

AddedToken parse_added_token(const SortedJson& value, const std::string& origin) {
  AddedToken token;
  token.content = json_value<std::string>(value, "content", origin);
  require(!token.content.empty(), ErrorCode::corrupt_data, "{}: an added token is empty", origin);
  token.id = token_id_value(part(value, "id"), token.content, origin);
  token.special = json_value_or<bool>(value, "special", origin, false);
  token.single_word = json_value_or<bool>(value, "single_word", origin, false);
  token.lstrip = json_value_or<bool>(value, "lstrip", origin, false);
  token.rstrip = json_value_or<bool>(value, "rstrip", origin, false);
  token.normalized = json_value_or<bool>(value, "normalized", origin, !token.special);
  return token;
}

std::vector<AddedToken> parse_added_tokens(const SortedJson& values, const BpeModelConfig& model,
                                           const std::string& origin) {
  require(values.is_null() || values.is_array(), ErrorCode::corrupt_data,
          "{}: added_tokens must be an array", origin);
  std::unordered_set<std::int32_t> ids;
  for (const auto& [token, id] : model.vocabulary) {
    ids.insert(id);
  }
  std::set<std::string> contents;
  std::vector<AddedToken> tokens;
  for (const auto& value : values) {
    auto token = parse_added_token(value, origin);
    const auto known = model.vocabulary.find(token.content);
    const bool fits =
        known == model.vocabulary.end() ? ids.insert(token.id).second : known->second == token.id;
    require(fits && contents.insert(token.content).second, ErrorCode::corrupt_data,
            "{}: added token '{}' occurs twice, or its id {} belongs to another token", origin,
            token.content, token.id);
    tokens.push_back(std::move(token));
  }
  return tokens;
}

}  // namespace

TokenizerJson parse_tokenizer_json(std::string_view text, const std::string& origin) {
  const auto json = parse_sorted_json(text, origin);
  require(json.is_object(), ErrorCode::corrupt_data, "{}: must be an object", origin);
  for (const char* key : {"truncation", "padding"}) {
    require_supported(part(json, key).is_null(), key, origin);
  }
  check_normalizer(part(json, "normalizer"), origin);
  check_post_processor(part(json, "post_processor"), origin);
  const auto splitter = json_value<SortedJson>(json, "pre_tokenizer", origin);
  const auto decoder = json_value<SortedJson>(json, "decoder", origin);
  const auto splitter_type = type_of(splitter, origin);
  const auto decoder_type = type_of(decoder, origin);
  require_supported(splitter_type == "ByteLevel", "pre-tokenizer " + splitter_type, origin);
  require_supported(decoder_type == "ByteLevel", "decoder " + decoder_type, origin);

  TokenizerJson tokenizer;
  tokenizer.model = parse_model(part(json, "model"), origin);
  tokenizer.added_tokens = parse_added_tokens(part(json, "added_tokens"), tokenizer.model, origin);
  tokenizer.add_prefix_space = json_value_or<bool>(splitter, "add_prefix_space", origin, true);
  tokenizer.use_regex = json_value_or<bool>(splitter, "use_regex", origin, true);
  return tokenizer;
}

}  // namespace ogam
