#pragma once

struct sqlite3;

namespace ogam {

/// Makes the tokenizer `ogam_words` (core/text/lexical_tokens.h) known to the FTS5 of a connection.
/// @throws Error{unavailable} when SQLite was built without FTS5.
void register_fts_tokenizer(sqlite3* connection);

}  // namespace ogam
