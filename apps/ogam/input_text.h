#pragma once

#include <string>

namespace ogam {

/// The whole text of a file, or of stdin where it is named "-"; 16 MiB at most.
/// @throws Error{not_found, invalid_argument, resource_exhausted}.
std::string read_input_text(const std::string& file);

}  // namespace ogam
