#pragma once

#include "archive/database.h"

namespace ogam {

/// The version this build writes, kept in `PRAGMA user_version`.
constexpr int kSchemaVersion = 1;

/// Makes the tables of a new catalog, in one transaction, and turns write-ahead logging on; a
/// catalog that is already there is only checked.
/// @throws Error as `check_schema`.
void create_schema(const Database& database);

/// @throws Error{unsupported} when a newer ogam made the catalog, Error{corrupt_data} when it is no
///     catalog of an archive.
void check_schema(const Database& database);

}  // namespace ogam
