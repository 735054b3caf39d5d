#pragma once

#include <initializer_list>
#include <string>

#include "core/tensor/checkpoint.h"

namespace ogam {

/// The weights of the transformer: under `prefix` in a checkpoint that has a head, which is passed
/// over, else at the top.
WeightScope transformer_weights(Checkpoint& checkpoint, const std::string& prefix);

/// The weights under the first of `prefixes` that has any, or under the last one: over the years
/// files have given the same part several names.
WeightScope weights_under_first(Checkpoint& checkpoint,
                                std::initializer_list<const char*> prefixes);

}  // namespace ogam
