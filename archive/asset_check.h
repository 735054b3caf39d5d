#pragma once

#include <string>
#include <vector>

#include "archive/archive.h"
#include "archive/catalog.h"

namespace ogam {

/// The row of the space called `id`.
/// @throws Error{invalid_argument} naming it and the archive's own when it is none of them.
const SpaceRow& space_of(const std::string& id, const std::vector<SpaceRow>& spaces);

/// Checks an asset before anything of it is written.
/// @throws Error{invalid_argument} as `Archive::add`.
void check_asset(const AssetRecord& asset, const std::vector<SpaceRow>& spaces);

}  // namespace ogam
