#include "core/text/post_processors.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/base/error.h"
#include "core/text/component_json.h"

namespace ogam {

namespace {

using Ids = PostProcessor::Ids;
using Piece = PostProcessor::Piece;
using Template = PostProcessor::Template;

Ids join(const std::vector<Piece>& pieces, const std::array<const Ids*, 2>& texts,
         bool add_special_tokens) {
  Ids ids;
  for (const auto& piece : pieces) {
    if (piece.text >= 0) {
      const auto& text = *texts.at(static_cast<std::size_t>(piece.text));
      ids.insert(ids.end(), text.begin(), text.end());
    } else if (add_special_tokens) {
      ids.insert(ids.end(), piece.tokens.begin(), piece.tokens.end());
    }
  }
  return ids;
}

/// ["[SEP]", 102].
Piece read_token(ComponentJson& json, const char* key) {
  const auto& value = json.part(key);
  require(value.is_array() && value.size() == 2 && value[0].is_string(), ErrorCode::corrupt_data,
          "{}: {}: '{}' must be a token and its id", json.origin(), json.name(), key);
  return {.tokens = {token_id_value(value[1], value[0].get<std::string>(), json.origin())}};
}

Template read_bert(ComponentJson& json) {
  const auto cls = read_token(json, "cls");
  const auto sep = read_token(json, "sep");
  return {.single = {cls, {.text = 0}, sep},
          .pair = {cls, {.text = 0}, sep, {.text = 1}, sep},
          .adds_tokens = true};
}

Template read_roberta(ComponentJson& json) {
  json.ignore({"trim_offsets", "add_prefix_space"});
  const auto cls = read_token(json, "cls");
  const auto sep = read_token(json, "sep");
  return {.single = {cls, {.text = 0}, sep},
          .pair = {cls, {.text = 0}, sep, sep, {.text = 1}, sep},
          .adds_tokens = true};
}

Template read_byte_level(ComponentJson& json) {
  json.ignore({"add_prefix_space", "trim_offsets", "use_regex"});
  return {};
}

/// The ids of a special token that a template names.
Ids token_ids(const SortedJson& tokens, const std::string& name, const std::string& origin) {
  const auto& token = json_part(tokens, name.c_str());
  const auto& values = json_part(token, "ids");
  require(values.is_array(), ErrorCode::corrupt_data,
          "{}: the template's special token '{}' has no ids", origin, name);
  Ids ids;
  for (const auto& value : values) {
    ids.push_back(token_id_value(value, name, origin));
  }
  return ids;
}

/// {"Sequence": {"id": "A", ...}} or {"SpecialToken": {"id": "[CLS]", ...}}.
std::vector<Piece> read_pieces(ComponentJson& json, const char* key, std::size_t texts) {
  constexpr std::size_t kMaxPieces = 64;
  const auto& list = json.part(key);
  require(list.is_array() && list.size() <= kMaxPieces, ErrorCode::corrupt_data,
          "{}: {}: '{}' must be an array of at most {} pieces", json.origin(), json.name(), key,
          kMaxPieces);
  std::vector<Piece> pieces;
  for (const auto& value : list) {
    const auto& text = json_part(value, "Sequence");
    if (text.is_null()) {
      const auto name =
          json_value<std::string>(json_part(value, "SpecialToken"), "id", json.origin());
      pieces.push_back({.tokens = token_ids(json.part("special_tokens"), name, json.origin())});
      continue;
    }
    const auto id = json_value<std::string>(text, "id", json.origin());
    require(id == "A" || (id == "B" && texts > 1), ErrorCode::corrupt_data,
            "{}: {}: '{}' names the text '{}'", json.origin(), json.name(), key, id);
    pieces.push_back({.text = id == "A" ? 0 : 1});
  }
  return pieces;
}

Template read_template(ComponentJson& json) {
  json.part("special_tokens");  // known, even where no piece refers to it
  return {.single = read_pieces(json, "single", 1),
          .pair = read_pieces(json, "pair", 2),
          .adds_tokens = true};
}

constexpr std::array kPostProcessors = {
    ComponentRow<Template>{"BertProcessing", &read_bert},
    ComponentRow<Template>{"ByteLevel", &read_byte_level},
    ComponentRow<Template>{"RobertaProcessing", &read_roberta},
    ComponentRow<Template>{"TemplateProcessing", &read_template},
};

}  // namespace

PostProcessor::PostProcessor(const SortedJson& json, const std::string& origin) {
  if (json.is_null()) {
    return;
  }
  ComponentJson component(json, "post-processor", origin);
  for (auto& step : read_components<Template>(component, "processors", kPostProcessors)) {
    require(!step.adds_tokens || !template_.adds_tokens, ErrorCode::unsupported,
            "{}: a Sequence of post-processors of which two add tokens is not implemented", origin);
    if (step.adds_tokens) {
      template_ = std::move(step);
    }
  }
}

Ids PostProcessor::apply(const Ids& text, bool add_special_tokens) const {
  return join(template_.single, {&text, &text}, add_special_tokens);
}

Ids PostProcessor::apply_to_pair(const Ids& first, const Ids& second,
                                 bool add_special_tokens) const {
  return join(template_.pair, {&first, &second}, add_special_tokens);
}

std::int32_t PostProcessor::largest_id() const {
  std::int32_t largest = -1;
  for (const auto* pieces : {&template_.single, &template_.pair}) {
    for (const auto& piece : *pieces) {
      for (const auto id : piece.tokens) {
        largest = std::max(largest, id);
      }
    }
  }
  return largest;
}

}  // namespace ogam
