#pragma once

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "core/base/error.h"

namespace ogam {

/// The row of `table` whose member `name` is `name`.
/// @param what the rows are called, and the file that asks for one, for errors.
/// @throws Error{unsupported} listing the names when there is none.
template <typename Row, std::size_t N>
const Row& find_row(const std::array<Row, N>& table, std::string_view name, std::string_view what,
                    std::string_view origin) {
  const auto* const row =
      std::find_if(table.begin(), table.end(), [&](const Row& r) { return r.name == name; });
  if (row == table.end()) {
    std::array<std::string_view, N> known;
    std::transform(table.begin(), table.end(), known.begin(), [](const Row& r) { return r.name; });
    fail(ErrorCode::unsupported, "{}: {} '{}' is not implemented; there are: {}", origin, what,
         name, fmt::join(known, ", "));
  }
  return *row;
}

}  // namespace ogam
