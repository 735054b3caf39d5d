#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/base/json.h"
#include "core/base/time.h"
#include "core/text/grammar/grammar.h"

namespace ogam {

struct JsonSchemaOptions {
  /// Where the times of strings with `"format": "timestamp"` may lie; the end is one of them.
  std::optional<TimeSpan> span = {};
  /// How many `$ref` may lie within each other.
  int max_references = 12;
};

/// The JSON texts that a JSON Schema (draft 2020-12) accepts, with at most one space behind commas
/// and colons. The language may hold fewer texts than the schema allows, and holds none that it
/// does not: see docs/constrained_decoding.md.
///
/// @param origin names the schema in errors.
/// @throws Error{invalid_argument, corrupt_data} where it is no schema or contradicts itself,
///     Error{unsupported} naming the keyword that is not implemented, Error{resource_exhausted}
///     when it is too large; all with the place in the schema.
std::shared_ptr<const Grammar> compile_json_schema(const Json& schema, const std::string& origin,
                                                   const JsonSchemaOptions& options = {});

}  // namespace ogam
