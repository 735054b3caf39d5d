#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "core/text/jinja/value.h"

namespace ogam::jinja {

/// The arguments of a call, sorted into its parameters.
class Bound {
 public:
  /// @param parameters their names, divided by spaces.
  /// @throws Error{invalid_argument} when there are too many or an unknown one.
  Bound(std::string_view function, std::string_view parameters, const Arguments& arguments);

  bool has(std::size_t index) const { return values_[index].has_value(); }
  /// @throws Error{invalid_argument} when it was not given.
  const Value& required(std::size_t index) const;
  /// None when it was not given.
  Value value_or_none(std::size_t index) const { return values_[index].value_or(Value()); }
  bool truth(std::size_t index, bool fallback) const;
  std::int64_t integer(std::size_t index, std::int64_t fallback) const;
  const std::string& text(std::size_t index) const;
  /// nullptr when it was not given or is None.
  const std::string* optional_text(std::size_t index) const;

 private:
  std::string_view function_;
  std::vector<std::optional<Value>> values_;
};

}  // namespace ogam::jinja
