#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "archive/database.h"

namespace ogam {

/// Reads everything of an archive: `Archive::verify`.
///
/// @param vectors the folder of the vector files.
std::vector<std::string> verify_archive(const Database& database,
                                        const std::filesystem::path& vectors);

}  // namespace ogam
