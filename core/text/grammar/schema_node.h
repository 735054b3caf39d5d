#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/json.h"

namespace ogam {

struct SchemaProperty;

/// A part of a JSON Schema and where it stands; reads its keywords.
struct SchemaNode {
  const Json* json = nullptr;
  std::string place;  ///< for errors

  /// Whether the keyword is there; not in `true` and `false`.
  bool has(const std::string& keyword) const {
    return json->is_object() && json->contains(keyword);
  }
  /// @throws Error{invalid_argument} when it is no schema, Error{unsupported} naming a keyword that
  ///     is not implemented.
  void check_keywords() const;
  /// @throws Error{unsupported} when something but descriptions and `others` stands beside
  ///     `keyword`.
  void allow_beside(const std::string& keyword,
                    std::initializer_list<std::string_view> others) const;

  SchemaNode child(const std::string& keyword) const;
  std::vector<SchemaNode> children(const std::string& keyword) const;
  /// What `$ref` refers to. @throws Error{invalid_argument} when it is not there.
  SchemaNode resolve(const Json& root, const std::string& origin) const;

  /// The types that `type` names, or that the other keywords are for; empty for any.
  std::vector<std::string> types() const;
  /// Those of `const` or `enum` that are of the schema's type.
  std::vector<Json> values() const;
  /// A bound of numbers as a whole number.
  ///
  /// @param step from a bound that is left out to the next one: 1 or -1.
  std::optional<std::int64_t> bound(const std::string& keyword, const std::string& exclusive,
                                    std::int64_t step, bool whole) const;
  /// Bounds of a count. @throws Error{resource_exhausted} when one is above `limit`.
  std::pair<std::size_t, std::optional<std::size_t>> counts(const std::string& min,
                                                            const std::string& max,
                                                            std::size_t limit) const;
  /// In the order in which they are written; those that are only required come last.
  /// @throws Error{resource_exhausted} when there are too many.
  std::vector<SchemaProperty> properties() const;
};

struct SchemaProperty {
  std::string name;
  bool required = false;
  std::optional<SchemaNode> schema;  ///< none where it is only required
};

/// Whether it is plain that no value fits both: by their types, their values, or a property that
/// both require.
bool disjoint(const SchemaNode& a, const SchemaNode& b, const Json& root,
              const std::string& origin);

}  // namespace ogam
