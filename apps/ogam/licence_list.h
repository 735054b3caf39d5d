#pragma once

#include <string>
#include <vector>

namespace ogam {

/// "Apache-2.0, mit" in parts and small letters, as --require-license takes it.
/// @throws Error{invalid_argument} when a part is empty.
std::vector<std::string> parse_licences(const std::string& list);

}  // namespace ogam
