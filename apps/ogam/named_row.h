#pragma once

#include <fmt/ranges.h>

#include <array>
#include <string_view>
#include <vector>

#include "core/base/error.h"

namespace ogam {

/// The row of `table` that a person named.
/// @param what the rows are called, with an article: "a format".
/// @throws Error{invalid_argument} listing the names when there is none.
template <typename Row, std::size_t N>
const Row& find_named(const std::array<Row, N>& table, std::string_view name,
                      std::string_view what) {
  std::vector<std::string_view> names;
  for (const Row& row : table) {
    if (row.name == name) {
      return row;
    }
    names.push_back(row.name);
  }
  fail(ErrorCode::invalid_argument, "'{}' is not {}; there are {}", name, what,
       fmt::join(names, ", "));
}

}  // namespace ogam
