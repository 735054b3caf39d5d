#pragma once

#include <string>
#include <vector>

namespace ogam {

/// Texts that match nothing in particular, in English and Korean, for a pack that is made without
/// a base pack; see docs/calibration.md.
std::vector<std::string> default_background_texts();

}  // namespace ogam
