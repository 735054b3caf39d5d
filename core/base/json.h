#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace ogam {

/// JSON with its keys in the order in which they were written.
using Json = nlohmann::ordered_json;

/// JSON with the keys of an object sorted: found in logarithmic time, where `Json` compares one by
/// one. For objects of thousands of keys, such as vocabularies and lists of tensors.
using SortedJson = nlohmann::json;

/// Parses `text`; `origin` (a file name) is named in errors.
/// @throws Error{corrupt_data} when it is not JSON, repeats a key or nests deeper than 64 levels.
Json parse_json(std::string_view text, const std::string& origin);
SortedJson parse_sorted_json(std::string_view text, const std::string& origin);

/// Reads and parses a JSON file of at most `max_bytes`.
/// @throws Error{not_found, corrupt_data, resource_exhausted}.
Json read_json_file(const std::filesystem::path& path, std::size_t max_bytes = 64u << 20);

/// One line of JSON; bytes that are not UTF-8 are written as U+FFFD.
std::string dump_json(const Json& value, int indent = -1);

/// `object[key]` as T.
/// @throws Error{corrupt_data} naming `key` and `origin` when it is missing or of another type.
template <typename T, typename Object>
T json_value(const Object& object, const std::string& key, const std::string& origin);

/// `object[key]` as T, or `fallback` when the key is missing or null; another type is still an
/// error.
template <typename T, typename Object>
T json_value_or(const Object& object, const std::string& key, const std::string& origin,
                T fallback);

[[noreturn]] void fail_json_key(const std::string& key, const std::string& origin,
                                const char* problem);

template <typename T, typename Object>
T json_value(const Object& object, const std::string& key, const std::string& origin) {
  if (!object.is_object() || !object.contains(key)) {
    fail_json_key(key, origin, "is missing");
  }
  try {
    return object.at(key).template get<T>();
  } catch (const nlohmann::json::exception& error) {
    fail_json_key(key, origin, error.what());
  }
}

template <typename T, typename Object>
T json_value_or(const Object& object, const std::string& key, const std::string& origin,
                T fallback) {
  if (!object.is_object() || !object.contains(key) || object.at(key).is_null()) {
    return fallback;
  }
  return json_value<T>(object, key, origin);
}

}  // namespace ogam
