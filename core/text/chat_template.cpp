#include "core/text/chat_template.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/text/jinja/evaluator.h"
#include "core/text/jinja/parser.h"
#include "core/text/unicode.h"

namespace ogam {

namespace {

/// Names under which messages carry the reasoning of the model; templates read the first one.
constexpr std::array<const char*, 3> kReasoningFields = {"reasoning_content", "thinking",
                                                         "reasoning"};

/// A message as transformers hands it to templates: without empty fields, its reasoning under the
/// names that templates know.
Json prepared(const Json& message) {
  require(message.is_object(), ErrorCode::invalid_argument,
          "a message must be an object with a role and a content, got {}", message.type_name());
  Json result = Json::object();
  const auto* const reasoning = std::find_if(
      kReasoningFields.begin(), kReasoningFields.end(),
      [&](const char* field) { return message.contains(field) && !message.at(field).is_null(); });
  const bool has_reasoning = reasoning != kReasoningFields.end();
  if (has_reasoning) {
    result["thinking"] = message.at(*reasoning);
  }
  for (const auto& [key, value] : message.items()) {
    if (!value.is_null()) {
      result[key] = value;
    }
  }
  if (has_reasoning) {
    result["reasoning_content"] = message.at(*reasoning);
  }
  return result;
}

/// @throws Error{invalid_argument} for integers beyond 64 bits.
jinja::Value value_of(const Json& json) {
  using jinja::Value;
  switch (json.type()) {
    case Json::value_t::boolean:
      return json.get<bool>();
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      require(holds_whole_numbers(json), ErrorCode::invalid_argument,
              "the number {} takes more than 64 bits", json.dump());
      return json.get<std::int64_t>();
    case Json::value_t::number_float:
      return json.get<double>();
    case Json::value_t::string:
      return Value::text(repair_utf8(json.get_ref<const std::string&>()));
    case Json::value_t::array: {
      std::vector<Value> items;
      items.reserve(json.size());
      std::transform(json.begin(), json.end(), std::back_inserter(items), value_of);
      return Value::sequence(std::move(items));
    }
    case Json::value_t::object: {
      jinja::Map result;
      result.entries.reserve(json.size());
      for (const auto& [key, element] : json.items()) {
        result.entries.emplace_back(Value::text(repair_utf8(key)), value_of(element));
      }
      return Value::map(std::move(result));
    }
    default:
      return {};
  }
}

}  // namespace

ChatTemplate ChatTemplate::parse(std::string_view text, const std::string& origin) {
  return {jinja::parse_template(text, origin), origin};
}

std::string ChatTemplate::render(const Json& messages, const Json& tools,
                                 const ChatOptions& options) const {
  require(messages.is_array() && !messages.empty(), ErrorCode::invalid_argument,
          "{}: a conversation is a list of at least one message", origin_);
  require(tools.is_null() || tools.is_array(), ErrorCode::invalid_argument,
          "{}: tools are a list of JSON schemas", origin_);
  require(options.documents.is_null() || options.documents.is_array(), ErrorCode::invalid_argument,
          "{}: documents are a list of objects", origin_);
  require(options.variables.is_object(), ErrorCode::invalid_argument,
          "{}: variables are an object of names and values", origin_);
  Json conversation = Json::array();
  std::transform(messages.begin(), messages.end(), std::back_inserter(conversation), prepared);
  std::vector<std::pair<std::string, jinja::Value>> variables;
  const auto add = [&](const std::string& name, const Json& value) {
    variables.emplace_back(name, value_of(value));
  };
  add("messages", conversation);
  add("tools", tools);
  add("documents", options.documents);
  add("add_generation_prompt", options.add_generation_prompt);
  if (options.enable_thinking) {
    add("enable_thinking", *options.enable_thinking);
  }
  for (const auto& [name, value] : options.variables.items()) {
    const bool known = std::any_of(variables.begin(), variables.end(),
                                   [&](const auto& variable) { return variable.first == name; });
    require(!known, ErrorCode::invalid_argument, "{}: the variable '{}' is given twice", origin_,
            name);
    add(name, value);
  }
  return jinja::Evaluator(*syntax_, origin_, options.now).render(std::move(variables));
}

}  // namespace ogam
