#pragma once

#include <string>

#include "apps/ogam/command_line.h"
#include "pipelines/search.h"

namespace ogam {

/// The request of `ogam search`'s own options.
/// @throws Error{invalid_argument} naming the option.
SearchRequest read_request(const CommandLine& line);

/// The request of one line of `--queries`: a JSON object with the same names as the options, or a
/// text as it stands. What it does not say is as in `defaults`; `origin` is named in errors.
/// @throws Error{invalid_argument, corrupt_data}.
SearchRequest read_query_line(const std::string& line, const SearchRequest& defaults,
                              const std::string& origin);

}  // namespace ogam
