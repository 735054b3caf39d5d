#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/cancellation.h"
#include "core/base/json.h"
#include "pipelines/text_writer.h"
#include "pipelines/understanding/material.h"

namespace ogam {

/// A JSON Schema that a person wrote.
struct DescriptionSchema {
  Json schema;
  std::string origin;  ///< its file, for errors
};

/// What a language model says of a span, as its schema wants it.
struct StructuredDescription {
  TimeSpan span;
  Json data;  ///< null where nothing is known of the span
  /// Places in `data` (JSON pointers) of numbers that are not in what is known of the span.
  std::vector<std::string> unsupported{};
};

/// Describes each segment of an asset, or the `span` of it, from what is said and written there and
/// from the names of what is seen and heard. The result always fits the schema, and its times of
/// the format "timestamp" lie within the span; whether the rest is so is not known but for numbers.
///
/// @throws Error{invalid_argument} for a span that is not within the asset, and for a schema whose
///     shortest text is too long; what compile_json_schema throws; Error{unsupported} when the
///     model takes no instructions; as TextWriter::write.
std::vector<StructuredDescription> describe_by_schema(TextWriter& writer,
                                                      const AssetMaterial& material,
                                                      const DescriptionSchema& schema,
                                                      const std::optional<TimeSpan>& span,
                                                      const CancellationToken& cancellation = {});

/// Places of numbers in `data`, in strings too, that `known` does not name. Times within `span`
/// are left out.
std::vector<std::string> unsupported_numbers(const Json& data, std::string_view known,
                                             const TimeSpan& span);

}  // namespace ogam
