#include "encoders/text/sentence_tokenizer.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <optional>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/nn/config_reader.h"
#include "core/text/unicode.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxSettingsBytes = 1 << 20;
constexpr std::int64_t kMaxTokens = 1 << 24;

/// What sentence-transformers says of a text.
struct Settings {
  std::optional<std::int64_t> max_tokens;
  bool lower_case = false;
};

Settings read_settings(const fs::path& folder) {
  // Named after the model's family by the first versions.
  constexpr std::array kNames = {"sentence_bert_config.json", "sentence_roberta_config.json",
                                 "sentence_xlm-roberta_config.json"};
  const auto* const name = std::find_if(
      kNames.begin(), kNames.end(), [&](const char* file) { return fs::exists(folder / file); });
  Settings settings;
  if (name == kNames.end()) {
    return settings;
  }
  const auto json = read_json_file(folder / *name, kMaxSettingsBytes);
  const ConfigReader config(json, display_path(folder / *name));
  if (config.has("max_seq_length")) {
    settings.max_tokens = config.size("max_seq_length", kMaxTokens);
  }
  settings.lower_case = config.flag("do_lower_case", false);
  config.demand_or_absent<std::string>("transformer_task", "feature-extraction");
  config.demand_or_absent<std::string>("module_output_name", "token_embeddings");
  // Which method encodes which modality is the model's affair; the others only make it faster.
  config.refuse_unread({"modality_config", "unpad_inputs"});
  return settings;
}

/// What tokenizer_config.json says of the longest text.
std::optional<std::int64_t> read_model_max_length(const fs::path& folder) {
  const auto path = folder / "tokenizer_config.json";
  if (!fs::exists(path)) {
    return {};
  }
  const auto json = read_json_file(path, kMaxSettingsBytes);
  const auto origin = display_path(path);
  const auto side = json_value_or<std::string>(json, "truncation_side", origin, "right");
  require(side == "right", ErrorCode::unsupported,
          "{}: \"truncation_side\" is '{}'; texts are cut at their end", origin, side);
  // Where there is no limit, the number is larger than any integer.
  constexpr auto kNoLimit = static_cast<double>(kMaxTokens);
  const auto length = json_value_or<double>(json, "model_max_length", origin, kNoLimit);
  require(length >= 1, ErrorCode::corrupt_data,
          "{}: \"model_max_length\" is {}, expected 1 or more", origin, length);
  return static_cast<std::int64_t>(std::min(length, kNoLimit));
}

std::string in_lower_case(const std::string& text) {
  std::string lower;
  for (const auto character : code_points(repair_utf8(text))) {
    append_lower_case(character, lower);
  }
  return lower;
}

}  // namespace

SentenceTokenizer::SentenceTokenizer(const fs::path& folder, const Config& config)
    : tokenizer_(folder), max_tokens_(config.max_tokens) {
  require(tokenizer_.vocabulary_size() <= config.vocab_size, ErrorCode::corrupt_data,
          "{}: the tokenizer has {} tokens, config.json a \"vocab_size\" of {}: they belong to "
          "different models",
          display_path(folder), tokenizer_.vocabulary_size(), config.vocab_size);
  const auto settings = read_settings(folder);
  const auto model_max_length = read_model_max_length(folder);
  lower_case_ = settings.lower_case;
  if (const auto wanted = settings.max_tokens ? settings.max_tokens : model_max_length) {
    max_tokens_ = std::min(max_tokens_, *wanted);
  }
  // Which tokens stand around a text does not depend on the text.
  const auto ids = tokenizer_.encode("a");
  const auto bare = tokenizer_.encode("a", {.add_special_tokens = false});
  tokens_before_ = std::search(ids.begin(), ids.end(), bare.begin(), bare.end()) - ids.begin();
  tokens_after_ = std::ssize(ids) - std::ssize(bare) - tokens_before_;
}

std::vector<std::int64_t> SentenceTokenizer::encode(const std::string& text) const {
  auto ids = tokenizer_.encode(lower_case_ ? in_lower_case(text) : text);
  const auto room = std::max<std::ptrdiff_t>(max_tokens_ - tokens_before_ - tokens_after_, 0);
  const auto end = ids.end() - tokens_after_;
  const auto length = end - (ids.begin() + tokens_before_);
  ids.erase(end - std::max<std::ptrdiff_t>(length - room, 0), end);
  return {ids.begin(), ids.end()};
}

std::int64_t SentenceTokenizer::prompt_tokens(const std::string& prompt) const {
  if (prompt.empty()) {
    return 0;
  }
  return std::ssize(encode(prompt)) - (tokens_after_ > 0 ? 1 : 0);
}

}  // namespace ogam
