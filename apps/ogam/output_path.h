#pragma once

#include <filesystem>

namespace ogam {

/// Checks that a file may be written, before anything is done: an hour's work must not end at a
/// folder that is not there.
/// @throws Error{invalid_argument}.
void check_out(const std::filesystem::path& out);

}  // namespace ogam
