#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ogam {

/// A filter expression as a condition over the table `assets`: every value is a parameter.
struct CompiledFilter {
  std::string sql;
  std::vector<std::variant<std::string, double>> parameters;
};

/// Compiles `kind=video and (path~"*/news/*" or not tag.show=trailer)`; the language is described
/// in docs/search.md. At most 4096 bytes, 32 levels deep.
/// @throws Error{invalid_argument} naming the place and what was expected there.
CompiledFilter compile_filter(std::string_view expression);

}  // namespace ogam
