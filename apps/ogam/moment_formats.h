#pragma once

#include <string>
#include <string_view>

#include "archive/query.h"
#include "core/base/json.h"

namespace ogam {

/// What was asked and what came back, for writing it down.
struct SearchAnswer {
  Json query;  ///< as the person wrote it
  SearchResult result;
  double milliseconds = 0;
};

/// The JSON document of `ogam search --json`.
Json answer_json(const SearchAnswer& answer);

/// Writes an answer as one of the formats table, json, csv, srt, edl and otio.
/// @throws Error{invalid_argument} listing the formats when `format` is none of them.
std::string format_answer(const SearchAnswer& answer, std::string_view format);

}  // namespace ogam
