#include "core/text/component_json.h"

#include <utility>

#include "core/text/oniguruma.h"
#include "core/text/unicode.h"

namespace ogam {

ComponentJson::ComponentJson(const SortedJson& json, std::string kind, const std::string& origin)
    : ComponentJson(json, kind, origin,
                    json_value<std::string>(json, "type", origin + ": " + kind)) {}

ComponentJson::ComponentJson(const SortedJson& json, std::string kind, const std::string& origin,
                             std::string type)
    : json_(json), kind_(std::move(kind)), origin_(origin), type_(std::move(type)) {
  read_.insert("type");
}

const SortedJson& ComponentJson::part(const char* key) {
  read_.insert(key);
  return json_part(json_, key);
}

std::vector<ComponentJson> ComponentJson::parts(const char* key) {
  const auto& list = part(key);
  require(list.is_array(), ErrorCode::corrupt_data, "{}: '{}' must be an array", where(), key);
  std::vector<ComponentJson> components;
  for (const auto& json : list) {
    components.emplace_back(json, kind_, origin_);
  }
  return components;
}

char32_t ComponentJson::character(const char* key) {
  const auto text = value<std::string>(key);
  const auto points = code_points(text);
  require(points.size() == 1, ErrorCode::corrupt_data, "{}: '{}' must be one character, got '{}'",
          where(), key, text);
  return points[0];
}

Regex ComponentJson::pattern(const char* key) {
  const auto& json = part(key);
  require(json.is_object() && json.size() == 1 && json.begin()->is_string() &&
              (json.contains("String") || json.contains("Regex")),
          ErrorCode::corrupt_data, "{}: '{}' must be {{\"String\": text}} or {{\"Regex\": text}}",
          where(), key);
  const auto text = json.begin()->get<std::string>();
  try {
    return Regex(json.contains("String") ? Regex::escape(text) : oniguruma_to_pcre(text));
  } catch (const Error& error) {
    fail(error.code(), "{}: {}", where(), error.what());
  }
}

void ComponentJson::ignore(std::initializer_list<const char*> keys) {
  read_.insert(keys.begin(), keys.end());
}

void ComponentJson::finish() const {
  for (const auto& [key, value] : json_.items()) {
    require(read_.contains(key), ErrorCode::unsupported, "{}: the field '{}' is not implemented",
            where(), key);
  }
}

void ComponentJson::check_count(std::size_t steps) const {
  constexpr std::size_t kMaxSteps = 64;
  require(steps <= kMaxSteps, ErrorCode::resource_exhausted, "{}: has {} steps, at most {} may be",
          where(), steps, kMaxSteps);
}

void ComponentJson::fail_unknown() const {
  fail(ErrorCode::unsupported, "{}: {} is not implemented", origin_, name());
}

const SortedJson& json_part(const SortedJson& object, const char* key) {
  static const SortedJson kNull;
  const auto found = object.find(key);
  return found == object.end() ? kNull : *found;
}

std::int32_t token_id_value(const SortedJson& value, const std::string& token,
                            const std::string& origin) {
  // One less than what fits, so that the size of the vocabulary fits too.
  constexpr std::uint64_t kMaxTokenId = INT32_MAX - 1;
  require(value.is_number_unsigned() && value.get<std::uint64_t>() <= kMaxTokenId,
          ErrorCode::corrupt_data, "{}: the id of token '{}' must be from 0 to {}", origin, token,
          kMaxTokenId);
  return value.get<std::int32_t>();
}

}  // namespace ogam
