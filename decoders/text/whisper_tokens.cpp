#include "decoders/text/whisper_tokens.h"

#include <algorithm>

#include "core/base/error.h"

namespace ogam {
namespace {

/// Reads ids from one generation_config.json and holds them against the vocabulary.
class IdReader {
 public:
  IdReader(const Json& json, std::int64_t vocabulary, const std::string& origin)
      : json_(json), vocabulary_(vocabulary), origin_(origin) {}

  std::int32_t checked(std::int64_t id, const std::string& key) const {
    require(id >= 0 && id < vocabulary_, ErrorCode::corrupt_data,
            "{}: {} has the id {}, the vocabulary has {}", origin_, key, id, vocabulary_);
    return static_cast<std::int32_t>(id);
  }

  std::int32_t id(const char* key) const {
    return checked(json_value<std::int64_t>(json_, key, origin_), key);
  }

  std::vector<std::int32_t> ids(const char* key) const {
    std::vector<std::int32_t> result;
    for (const auto value : json_value_or<std::vector<std::int64_t>>(json_, key, origin_, {})) {
      result.push_back(checked(value, key));
    }
    return result;
  }

  std::map<std::string, std::int32_t> named_ids(const char* key) const {
    std::map<std::string, std::int32_t> result;
    for (const auto& [name, value] :
         json_value_or<std::map<std::string, std::int64_t>>(json_, key, origin_, {})) {
      result[name] = checked(value, key);
    }
    return result;
  }

 private:
  const Json& json_;
  std::int64_t vocabulary_;
  const std::string& origin_;
};

/// "<|ko|>" -> "ko".
std::string language_code(const std::string& token, const std::string& origin) {
  require(token.size() > 4 && token.starts_with("<|") && token.ends_with("|>"),
          ErrorCode::corrupt_data, "{}: lang_to_id has \"{}\", expected \"<|code|>\"", origin,
          token);
  return token.substr(2, token.size() - 4);
}

std::vector<AttentionHead> read_alignment_heads(const Json& json,
                                                const WhisperDecoderConfig& config,
                                                const std::string& origin) {
  std::vector<AttentionHead> heads;
  for (const auto& [layer, head] :
       json_value_or<std::vector<std::pair<std::int64_t, std::int64_t>>>(json, "alignment_heads",
                                                                         origin, {})) {
    require(layer >= 0 && layer < config.decoder_layers && head >= 0 &&
                head < config.decoder_attention_heads,
            ErrorCode::corrupt_data,
            "{}: alignment head ({}, {}) is not one of {} layers of {} heads", origin, layer, head,
            config.decoder_layers, config.decoder_attention_heads);
    heads.push_back({layer, head});
  }
  if (heads.empty()) {
    // Without a published choice, every head of the upper half of the layers, as the reference
    // does.
    for (auto layer = config.decoder_layers / 2; layer < config.decoder_layers; ++layer) {
      for (std::int64_t head = 0; head < config.decoder_attention_heads; ++head) {
        heads.push_back({layer, head});
      }
    }
  }
  return heads;
}

}  // namespace

WhisperTokens WhisperTokens::parse(const Json& generation_config,
                                   const WhisperDecoderConfig& config, const std::string& origin) {
  const IdReader reader(generation_config, config.vocab_size, origin);
  WhisperTokens tokens;
  tokens.start = reader.id("decoder_start_token_id");
  tokens.end = reader.id("eos_token_id");
  tokens.no_timestamps = reader.id("no_timestamps_token_id");
  tokens.no_speech = reader.checked(tokens.no_timestamps - 1, "the token for no speech");
  tokens.first_timestamp = reader.checked(tokens.no_timestamps + 1, "the first timestamp");
  require(tokens.end < tokens.start && tokens.start < tokens.no_timestamps, ErrorCode::corrupt_data,
          "{}: the tokens must lie in the order end, start, no_timestamps, got {}, {}, {}", origin,
          tokens.end, tokens.start, tokens.no_timestamps);
  for (const auto& [name, id] : reader.named_ids("lang_to_id")) {
    tokens.languages[language_code(name, origin)] = id;
  }
  const auto tasks = reader.named_ids("task_to_id");
  if (!tokens.languages.empty()) {
    require(tasks.contains("transcribe") && tasks.contains("translate"), ErrorCode::corrupt_data,
            "{}: task_to_id lacks \"transcribe\" or \"translate\"", origin);
    tokens.transcribe = tasks.at("transcribe");
    tokens.translate = tasks.at("translate");
  }
  tokens.suppressed = reader.ids("suppress_tokens");
  // What steers decoding is never part of a transcript.
  for (auto id = tokens.end + 1; id < tokens.first_timestamp; ++id) {
    tokens.suppressed.push_back(id);
  }
  tokens.suppressed_at_start = reader.ids("begin_suppress_tokens");
  tokens.alignment_heads = read_alignment_heads(generation_config, config, origin);
  return tokens;
}

std::int32_t WhisperTokens::language_token(const std::string& code) const {
  const auto found = languages.find(code);
  if (found == languages.end()) {
    std::vector<std::string> known;
    for (const char* common : {"ko", "en", "ja", "zh", "es", "fr", "de"}) {
      if (languages.contains(common)) {
        known.emplace_back(common);
      }
    }
    fail(ErrorCode::invalid_argument,
         "the speech recogniser does not know the language \"{}\"; it knows {} languages, such as "
         "{}; "
         "\"auto\" lets it listen for the language",
         code, languages.size(), fmt::join(known, ", "));
  }
  return found->second;
}

std::vector<std::int32_t> WhisperTokens::prompt(const std::string& language,
                                                bool translating) const {
  if (languages.empty()) {
    require((language == "en" || language == "auto") && !translating, ErrorCode::invalid_argument,
            "this speech recogniser knows English alone: it neither hears the language \"{}\" nor "
            "translates; use a model of many languages (without \".en\" in its name), or \"en\"",
            language);
    return {start};
  }
  return {start, language_token(language), translating ? translate : transcribe};
}

}  // namespace ogam
