#pragma once

#include <string>

#include "core/tensor/checkpoint.h"

namespace ogam {

/// The weights of the transformer: under `prefix` in a checkpoint that has a head, which is passed
/// over, else at the top.
WeightScope transformer_weights(Checkpoint& checkpoint, const std::string& prefix);

}  // namespace ogam
