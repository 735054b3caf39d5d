#include "core/text/tokenizer_json.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/text/component_json.h"

namespace ogam {

namespace {

SortedJson parse_object(std::string_view text, const std::string& origin) {
  auto json = parse_sorted_json(text, origin);
  require(json.is_object(), ErrorCode::corrupt_data, "{}: must be an object", origin);
  return json;
}

TextSide read_side(ComponentJson& json, const char* fallback) {
  const auto side = json.value_or<std::string>("direction", fallback);
  require(side == "Left" || side == "Right", ErrorCode::unsupported,
          "{}: {} to the side '{}' is not implemented", json.origin(), json.name(), side);
  return side == "Left" ? TextSide::left : TextSide::right;
}

std::optional<TokenizerTruncation> read_truncation(const SortedJson& value,
                                                   const std::string& origin) {
  if (value.is_null()) {
    return std::nullopt;
  }
  ComponentJson json(value, "truncation", origin, "");
  json.ignore({"strategy", "stride"});
  TokenizerTruncation truncation{.max_length = json.value<std::size_t>("max_length"),
                                 .side = read_side(json, "Right")};
  json.finish();
  return truncation;
}

std::optional<TokenizerPadding> read_padding(const SortedJson& value, const std::string& origin) {
  if (value.is_null()) {
    return std::nullopt;
  }
  ComponentJson json(value, "padding", origin, "");
  json.ignore({"pad_type_id"});
  TokenizerPadding padding;
  padding.side = read_side(json, "");
  padding.token = json.value<std::string>("pad_token");
  padding.id = token_id_value(json.part("pad_id"), padding.token, origin);
  padding.multiple_of = json.value_or<std::size_t>("pad_to_multiple_of", 1);
  const auto& strategy = json.part("strategy");
  if (strategy.is_object()) {
    padding.length = json_value<std::size_t>(strategy, "Fixed", origin);
  } else {
    require(strategy == "BatchLongest", ErrorCode::unsupported,
            "{}: the padding strategy {} is not implemented", origin, strategy.dump());
  }
  json.finish();
  return padding;
}

/// Refuses what this reader does not know of.
void check_fields(const SortedJson& json, const std::string& origin) {
  ComponentJson fields(json, "tokenizer", origin, "");
  fields.ignore({"added_tokens", "decoder", "model", "normalizer", "padding", "post_processor",
                 "pre_tokenizer", "truncation", "type"});
  const auto version = fields.value_or<std::string>("version", "1.0");
  require(version == "1.0", ErrorCode::unsupported, "{}: version '{}' is not implemented", origin,
          version);
  fields.finish();
}

}  // namespace

TokenizerJson::TokenizerJson(std::string_view text, const std::string& origin)
    : TokenizerJson(parse_object(text, origin), origin) {}

TokenizerJson::TokenizerJson(const SortedJson& json, const std::string& origin)
    : normalizer(json_part(json, "normalizer"), origin),
      pre_tokenizer(json_part(json, "pre_tokenizer"), origin),
      model(parse_token_model(json_part(json, "model"), origin)),
      post_processor(json_part(json, "post_processor"), origin),
      decoder(json_part(json, "decoder"), origin),
      added_tokens(json_part(json, "added_tokens"), model->vocabulary(), normalizer, origin),
      truncation(read_truncation(json_part(json, "truncation"), origin)),
      padding(read_padding(json_part(json, "padding"), origin)) {
  check_fields(json, origin);
  require(post_processor.largest_id() <= largest_id(), ErrorCode::corrupt_data,
          "{}: the post-processor has the id {}, the largest of a token is {}", origin,
          post_processor.largest_id(), largest_id());
}

std::int32_t TokenizerJson::largest_id() const {
  return std::max(added_tokens.largest_id(), model->vocabulary().largest_id());
}

}  // namespace ogam
