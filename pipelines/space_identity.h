#pragma once

#include <filesystem>
#include <string>

namespace ogam {

/// Whether a file of a model folder holds weights, preprocessing or a tokenizer, and so decides
/// what its vectors mean; licences and descriptions do not.
bool decides_space(const std::filesystem::path& file);

/// A space's id (Space::id) from all that decides it, written as one text.
std::string space_id(const std::string& identity);

}  // namespace ogam
