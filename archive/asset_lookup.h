#pragma once

#include <string>
#include <vector>

#include "archive/archive.h"

namespace ogam {

/// The id of the one asset that a word names: its id, the beginning of it (nine letters at least),
/// or its path: as it was indexed, as `display_path` shows it, or another way of writing the same.
/// @throws Error{not_found}, Error{invalid_argument} when the word names several.
std::string find_asset(const std::vector<AssetSummary>& assets, const std::string& word);

}  // namespace ogam
