#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace ogam {

/// JSON with its keys in the order in which they were written. Keys are compared one by one, so an
/// object of more than some forty thousand of them is refused.
using Json = nlohmann::ordered_json;

/// JSON with the keys of an object sorted: found in logarithmic time, where `Json` compares one by
/// one. For objects of thousands of keys, such as vocabularies and lists of tensors.
using SortedJson = nlohmann::json;

/// Parses `text`; `origin` (a file name) is named in errors.
/// @throws Error{corrupt_data} when it is not JSON, repeats a key or nests deeper than 64 levels;
///     Error{resource_exhausted} from parse_json when objects hold too many keys.
Json parse_json(std::string_view text, const std::string& origin);
SortedJson parse_sorted_json(std::string_view text, const std::string& origin);

/// Reads and parses a JSON file of at most `max_bytes`.
/// @throws Error{not_found, corrupt_data, resource_exhausted}.
Json read_json_file(const std::filesystem::path& path, std::size_t max_bytes = 64u << 20);

/// One line of JSON; bytes that are not UTF-8 are written as U+FFFD.
std::string dump_json(const Json& value, int indent = -1);

/// `object[key]` as T. Where T is an integer, or holds integers, a number with a fraction or beyond
/// their range is of another type.
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

/// Whether T is an integer, or a list, map or pair of nothing else.
template <typename T>
inline constexpr bool kHoldsIntegers = std::is_integral_v<T> && !std::is_same_v<T, bool>;
template <typename T>
inline constexpr bool kHoldsIntegers<std::vector<T>> = kHoldsIntegers<T>;
template <typename T>
inline constexpr bool kHoldsIntegers<std::map<std::string, T>> = kHoldsIntegers<T>;
template <typename T>
inline constexpr bool kHoldsIntegers<std::pair<T, T>> = kHoldsIntegers<T>;

/// Whether every number in `value` is whole and fits std::int64_t.
template <typename AnyJson>
bool holds_whole_numbers(const AnyJson& value) {
  if (value.is_structured()) {
    return std::all_of(value.begin(), value.end(),
                       [](const AnyJson& element) { return holds_whole_numbers(element); });
  }
  return value.is_number_unsigned()
             ? std::in_range<std::int64_t>(value.template get<std::uint64_t>())
             : value.is_number_integer();
}

template <typename T, typename Object>
T json_value(const Object& object, const std::string& key, const std::string& origin) {
  if (!object.is_object() || !object.contains(key)) {
    fail_json_key(key, origin, "is missing");
  }
  const auto& value = object.at(key);
  // The library would cut fractions off and wrap what does not fit.
  if constexpr (kHoldsIntegers<T>) {
    if (!holds_whole_numbers(value)) {
      fail_json_key(key, origin, "must hold whole numbers from -2^63 to 2^63 - 1");
    }
  }
  if constexpr (kHoldsIntegers<T> && std::is_integral_v<T>) {
    if (value.is_structured() || !std::in_range<T>(value.template get<std::int64_t>())) {
      fail_json_key(key, origin, "must be one whole number within range");
    }
  }
  try {
    return value.template get<T>();
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
