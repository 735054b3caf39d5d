#pragma once

#include <string>
#include <vector>

namespace ogam {

/// Checks that the fonts of this machine have every letter of some texts.
/// @param texts UTF-8.
/// @throws Error{unavailable} naming a letter that no font has, and the Debian package of fonts
/// that
///     has it.
void require_fonts(const std::vector<std::string>& texts);

}  // namespace ogam
