#pragma once

#include <filesystem>

#include "archive/query.h"

namespace ogam {

/// Writes a JPEG of every moment that has a picture into `folder`, named RANK-FILE.jpg; moments
/// whose file is gone or has no picture are left out with a warning.
/// @throws Error{not_found} when the folder cannot be made.
void write_thumbnails(const SearchResult& result, const std::filesystem::path& folder);

}  // namespace ogam
