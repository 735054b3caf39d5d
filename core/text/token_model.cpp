#include "core/text/token_model.h"

#include <array>

#include "core/base/error.h"
#include "core/text/bpe_model.h"
#include "core/text/component_json.h"
#include "core/text/unigram_model.h"
#include "core/text/word_piece_model.h"

namespace ogam {

namespace {

using Model = std::unique_ptr<TokenModel>;

Vocabulary vocabulary_of(ComponentJson& json) {
  return Vocabulary::parse(json.part("vocab"), json.origin());
}

Model read_bpe(ComponentJson& json) {
  return std::make_unique<BpeModel>(vocabulary_of(json), BpeConfig::parse(json));
}

Model read_unigram(ComponentJson& json) { return UnigramModel::parse(json); }

Model read_word_level(ComponentJson& json) {
  return std::make_unique<WordLevelModel>(vocabulary_of(json),
                                          json.value<std::string>("unk_token"));
}

Model read_word_piece(ComponentJson& json) {
  return std::make_unique<WordPieceModel>(vocabulary_of(json), WordPieceConfig::parse(json));
}

constexpr std::array kModels = {ComponentRow<Model>{"BPE", &read_bpe},
                                ComponentRow<Model>{"Unigram", &read_unigram},
                                ComponentRow<Model>{"WordLevel", &read_word_level},
                                ComponentRow<Model>{"WordPiece", &read_word_piece}};

/// By a field that only this type has.
std::string type_by_fields(const SortedJson& json) {
  return json.contains("merges")                     ? "BPE"
         : json.contains("max_input_chars_per_word") ? "WordPiece"
         : json_part(json, "vocab").is_array()       ? "Unigram"
                                                     : "WordLevel";
}

}  // namespace

std::unique_ptr<TokenModel> parse_token_model(const SortedJson& json, const std::string& origin) {
  require(json.is_object(), ErrorCode::corrupt_data, "{}: the model must be an object", origin);
  ComponentJson component(
      json, "model", origin,
      json.contains("type") ? json_value<std::string>(json, "type", origin) : type_by_fields(json));
  return read_component<Model>(component, kModels);
}

}  // namespace ogam
