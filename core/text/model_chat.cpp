#include "core/text/model_chat.h"

#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/gguf_metadata.h"
#include "core/text/gguf_tokenizer.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxTemplate = 1u << 20;
constexpr const char* kField = "chat_template";

/// Where a template was found.
struct Found {
  std::string text;
  std::string origin;
};

/// tokenizer_config.json, or what the keys of a GGUF file say in its place.
Json tokenizer_config(const fs::path& folder, std::string& origin) {
  const auto file = folder / "tokenizer_config.json";
  std::error_code ignored;
  if (fs::exists(file, ignored)) {
    origin = display_path(file);
    return read_json_file(file);
  }
  const auto files = gguf_files_of(folder);
  if (files.empty()) {
    return Json::object();
  }
  origin = display_path(files.front());
  return tokenizer_config_of_gguf(files.front());
}

std::optional<Found> template_of(const fs::path& folder, const Json& config,
                                 const std::string& origin) {
  const auto file = folder / "chat_template.jinja";
  std::error_code ignored;
  if (fs::exists(file, ignored)) {
    return Found{read_file(file, kMaxTemplate), display_path(file)};
  }
  if (!config.is_object() || !config.contains(kField) || config.at(kField).is_null()) {
    return std::nullopt;
  }
  const Json& field = config.at(kField);
  const auto where = origin + ": " + kField;
  if (!field.is_array()) {
    return Found{json_value<std::string>(config, kField, origin), where};
  }
  for (const Json& named : field) {
    if (json_value<std::string>(named, "name", where) == "default") {
      return Found{json_value<std::string>(named, "template", where), where};
    }
  }
  fail(ErrorCode::unsupported, "{}: none of its {} templates is named \"default\"", where,
       field.size());
}

/// "bos_token" and the like: texts, or objects that hold one.
Json special_tokens(const Json& config) {
  Json tokens = Json::object();
  for (const auto& [key, value] : config.items()) {
    const Json& text = value.is_object() && value.contains("content") ? value.at("content") : value;
    if (key.ends_with("_token") && text.is_string()) {
      tokens[key] = text;
    }
  }
  return tokens;
}

}  // namespace

std::optional<ModelChat> ModelChat::open(const fs::path& folder) {
  std::string origin;
  const Json config = tokenizer_config(folder, origin);
  auto found = template_of(folder, config, origin);
  if (!found) {
    return std::nullopt;
  }
  ChatOptions options;
  // Models that think aloud first are asked not to: what they think is no answer.
  options.enable_thinking = false;
  options.variables = special_tokens(config);
  return ModelChat(ChatTemplate::parse(found->text, found->origin), std::move(options));
}

std::string ModelChat::render(const Json& messages) const {
  return chat_.render(messages, nullptr, options_);
}

}  // namespace ogam
