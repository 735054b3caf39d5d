#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/text/jinja/arguments.h"
#include "core/text/jinja/runtime.h"
#include "core/text/jinja/value.h"

namespace ogam::jinja {

/// A filter: `value | name(arguments)`.
struct Filter {
  std::string_view name;
  std::string_view parameters;  ///< "*" where it sorts the arguments itself
  Value (*apply)(const Value& value, const Bound& bound, Runtime& runtime);
  Value (*apply_all)(const Value& value, const Arguments& arguments, Runtime& runtime);
};

/// A test: `value is name(arguments)`.
struct Test {
  std::string_view name;
  std::string_view parameters;
  bool (*holds)(const Value& value, const Bound& bound, Runtime& runtime);
};

/// nullptr when there is none of that name.
const Filter* find_filter(std::string_view name);
const Test* find_test(std::string_view name);

/// @throws Error{unsupported} when there is none of that name.
Value apply_filter(const std::string& name, const Value& value, const Arguments& arguments,
                   Runtime& runtime);
bool apply_test(const std::string& name, const Value& value, const Arguments& arguments,
                Runtime& runtime);

/// What stands behind the dots of `path`, each taken like `value[part]`.
Value at_path(const Value& value, const Value& path, Runtime& runtime);

// The filters that walk over collections: sequence_filters.cpp.
extern const std::span<const Filter> kSequenceFilters;

}  // namespace ogam::jinja
