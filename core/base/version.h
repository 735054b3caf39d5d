#pragma once

namespace ogam {

/// The release of this library, as "MAJOR.MINOR.PATCH".
constexpr const char* kVersion = "0.1.0";

}  // namespace ogam
