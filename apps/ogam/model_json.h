#pragma once

#include <cstdint>

#include "core/base/json.h"
#include "core/pack/manifest.h"

namespace ogam {

/// Bytes of a model's files.
std::uint64_t size_of(const PackModel& model);

/// What pack.json says of a model.
Json model_json(const PackModel& model);

}  // namespace ogam
