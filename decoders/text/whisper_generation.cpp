#include "decoders/text/whisper_generation.h"

#include <array>
#include <optional>
#include <string>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {
namespace {

namespace fs = std::filesystem;

constexpr const char* kStart = "<|startoftranscript|>";
constexpr const char* kTranslate = "<|translate|>";
constexpr const char* kTranscribe = "<|transcribe|>";

// Smaller ones are of English alone.
constexpr std::int64_t kLeastOfManyLanguages = 51865;

/// A setting, and the token that is it, if it is one.
struct Setting {
  const char* key;
  const char* token;
};

constexpr std::array kSettings = {
    Setting{"decoder_start_token_id", kStart},
    Setting{"eos_token_id", "<|endoftext|>"},
    Setting{"no_timestamps_token_id", "<|notimestamps|>"},
    Setting{"suppress_tokens", nullptr},
    Setting{"begin_suppress_tokens", nullptr},
    Setting{"alignment_heads", nullptr},
};

bool says(const Json& json, const char* key) { return json.contains(key) && !json[key].is_null(); }

bool knows_languages(const Json& generation, const Json& config, const std::string& origin) {
  return json_value_or<bool>(
      generation, "is_multilingual", origin,
      says(generation, "lang_to_id") ||
          json_value_or<std::int64_t>(config, "vocab_size", origin, 0) >= kLeastOfManyLanguages);
}

/// The languages lie between the token that starts and the one that asks for a translation.
Json languages_of(const Tokenizer& tokenizer, const std::string& origin) {
  const auto start = tokenizer.token_id(kStart);
  const auto translate = tokenizer.token_id(kTranslate);
  require(start && translate && *start + 1 < *translate, ErrorCode::corrupt_data,
          "{}: there is no lang_to_id, and the tokenizer has no languages between {} and {}",
          origin, kStart, kTranslate);
  Json languages = Json::object();
  for (auto id = *start + 1; id < *translate; ++id) {
    languages[tokenizer.decode(std::array{id}, {.skip_special_tokens = false})] = id;
  }
  return languages;
}

}  // namespace

Json whisper_generation_config(const fs::path& folder, const Json& config,
                               const Tokenizer& tokenizer) {
  const auto path = folder / "generation_config.json";
  const auto origin = display_path(path);
  std::error_code ignored;
  Json generation = fs::exists(path, ignored) ? read_json_file(path) : Json::object();
  require(generation.is_object(), ErrorCode::corrupt_data, "{} must hold a JSON object", origin);
  const auto take_token = [&](Json& into, const char* key, const char* token) {
    if (const auto id = tokenizer.token_id(token); id && !says(into, key)) {
      into[key] = *id;
    }
  };
  for (const auto& setting : kSettings) {
    if (!says(generation, setting.key) && says(config, setting.key)) {
      generation[setting.key] = config[setting.key];
    } else if (setting.token != nullptr) {
      take_token(generation, setting.key, setting.token);
    }
  }
  if (!knows_languages(generation, config, origin)) {
    generation.erase("lang_to_id");
    generation.erase("task_to_id");
    return generation;
  }
  if (!says(generation, "lang_to_id")) {
    generation["lang_to_id"] = languages_of(tokenizer, origin);
  }
  if (!says(generation, "task_to_id")) {
    Json tasks = Json::object();
    take_token(tasks, "transcribe", kTranscribe);
    take_token(tasks, "translate", kTranslate);
    generation["task_to_id"] = tasks;
  }
  return generation;
}

}  // namespace ogam
