#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/text/jinja/syntax.h"

namespace ogam::jinja {

/// Reads a template.
///
/// @param origin where it is from, for errors.
/// @throws Error{corrupt_data} where it is no template, Error{unsupported} naming the tag, filter
/// or
///     test that is not implemented; both with the line. Error{resource_exhausted} when it is too
///     large or nests too deep.
std::shared_ptr<const Syntax> parse_template(std::string_view text, const std::string& origin);

}  // namespace ogam::jinja
