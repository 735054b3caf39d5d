#pragma once

#include <string>

#include "core/text/jinja/runtime.h"
#include "core/text/jinja/value.h"

namespace ogam::jinja {

/// A method of a text, bound to it; an undefined value without a reason when there is none.
Value text_method(const Value& self, const std::string& name, Runtime& runtime);

/// `text.replace(old, new, limit)`; all of them when `limit` is negative.
std::string replaced(const std::string& text, const std::string& old, const std::string& with,
                     std::int64_t limit, Runtime& runtime);

/// `separator.join(parts)`, counted.
std::string joined(const std::vector<std::string>& parts, const std::string& separator,
                   Runtime& runtime);

}  // namespace ogam::jinja
