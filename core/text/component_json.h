#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/text/regex.h"

namespace ogam {

/// One component of a tokenizer.json, such as the normalizer `Replace`. Fields are read by name;
/// what nobody read is refused in the end, since it may change the result.
class ComponentJson {
 public:
  /// @param json stays valid while this is used.
  /// @param kind "normalizer", "decoder", ...
  /// @param origin the file's name, for errors.
  /// @throws Error{corrupt_data} unless `json` is an object with a type.
  ComponentJson(const SortedJson& json, std::string kind, const std::string& origin);
  /// The same for an object of a known type.
  ComponentJson(const SortedJson& json, std::string kind, const std::string& origin,
                std::string type);

  const std::string& type() const { return type_; }
  const std::string& origin() const { return origin_; }
  /// "normalizer Replace".
  std::string name() const { return kind_ + " " + type_; }

  template <typename T>
  T value(const char* key) {
    read_.insert(key);
    return json_value<T>(json_, key, where());
  }
  template <typename T>
  T value_or(const char* key, T fallback) {
    read_.insert(key);
    return json_value_or<T>(json_, key, where(), std::move(fallback));
  }
  /// A part of any kind; null when it is absent.
  const SortedJson& part(const char* key);
  /// The components of a Sequence.
  std::vector<ComponentJson> parts(const char* key);
  /// A text of one character.
  /// @throws Error{corrupt_data} when it has more or less.
  char32_t character(const char* key);
  /// {"String": text} or {"Regex": pattern in the syntax of Oniguruma}.
  Regex pattern(const char* key);
  /// Marks fields that have no effect on ids and text as read.
  void ignore(std::initializer_list<const char*> keys);

  /// @throws Error{unsupported} naming a field that was not read.
  void finish() const;
  /// @throws Error{resource_exhausted} when a Sequence has too many steps.
  void check_count(std::size_t steps) const;
  /// @throws Error{unsupported} naming the component.
  [[noreturn]] void fail_unknown() const;

 private:
  std::string where() const { return origin_ + ": " + name(); }

  const SortedJson& json_;
  std::string kind_;
  std::string origin_;
  std::string type_;
  std::set<std::string> read_;
};

/// A part of an object; null when it is absent.
const SortedJson& json_part(const SortedJson& object, const char* key);

/// The id of a token.
/// @throws Error{corrupt_data} unless it is a whole number from 0 to INT32_MAX - 1.
std::int32_t token_id_value(const SortedJson& value, const std::string& token,
                            const std::string& origin);

/// A row of a table of components: how one type is read.
template <typename Component>
struct ComponentRow {
  const char* type;
  Component (*read)(ComponentJson&);
};

/// Reads a component by the row of its type; every field must be known.
template <typename Component, typename Rows>
Component read_component(ComponentJson& json, const Rows& rows) {
  for (const ComponentRow<Component>& row : rows) {
    if (json.type() == row.type) {
      auto component = row.read(json);
      json.finish();
      return component;
    }
  }
  json.fail_unknown();
}

/// The steps of a component that is null, one of `rows`, or a Sequence of these under `list_key`.
template <typename Component, typename Rows>
std::vector<Component> read_components(ComponentJson& json, const char* list_key,
                                       const Rows& rows) {
  std::vector<Component> steps;
  if (json.type() != "Sequence") {
    steps.push_back(read_component<Component>(json, rows));
    return steps;
  }
  for (auto& inner : json.parts(list_key)) {
    for (auto& step : read_components<Component>(inner, list_key, rows)) {
      steps.push_back(std::move(step));
    }
  }
  json.finish();
  json.check_count(steps.size());
  return steps;
}

}  // namespace ogam
