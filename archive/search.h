#pragma once

#include "archive/archive_state.h"

namespace ogam {

/// @throws Error{invalid_argument} when the query makes no sense or is of another space.
void check_query(const ArchiveQuery& query, const std::vector<SpaceRow>& spaces);

/// Answers a checked query; call inside a reading transaction.
SearchResult run_search(const ArchiveQuery& query, ArchiveState& state);

}  // namespace ogam
