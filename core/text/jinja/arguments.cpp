#include "core/text/jinja/arguments.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/text/jinja/python_text.h"
#include "core/text/jinja/runtime.h"

namespace ogam::jinja {

Bound::Bound(std::string_view function, std::string_view parameters, const Arguments& arguments)
    : function_(function) {
  const auto names = split_at_space(parameters, -1);
  values_.resize(names.size());
  require(arguments.positional.size() <= names.size(), ErrorCode::invalid_argument,
          "{} takes at most {} arguments, got {}", function, names.size(),
          arguments.positional.size());
  std::copy(arguments.positional.begin(), arguments.positional.end(), values_.begin());
  for (const auto& [name, value] : arguments.named) {
    const auto found = std::find(names.begin(), names.end(), name);
    require(found != names.end(), ErrorCode::invalid_argument,
            "{} got an unexpected keyword argument '{}'", function, name);
    auto& place = values_[static_cast<std::size_t>(found - names.begin())];
    require(!place.has_value(), ErrorCode::invalid_argument,
            "{} got multiple values for argument '{}'", function, name);
    place = value;
  }
}

const Value& Bound::required(std::size_t index) const {
  require(has(index), ErrorCode::invalid_argument, "{} lacks its argument number {}", function_,
          index + 1);
  return *values_[index];
}

bool Bound::truth(std::size_t index, bool fallback) const {
  return has(index) ? values_[index]->truthy() : fallback;
}

std::int64_t Bound::integer(std::size_t index, std::int64_t fallback) const {
  return has(index) ? require_integer(*values_[index], function_) : fallback;
}

const std::string& Bound::text(std::size_t index) const {
  return require_text(required(index), function_);
}

const std::string* Bound::optional_text(std::size_t index) const {
  return !has(index) || values_[index]->is_none() ? nullptr : &text(index);
}

}  // namespace ogam::jinja
