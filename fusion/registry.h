#pragma once

#include <memory>

#include "core/tensor/checkpoint.h"
#include "fusion/fusion.h"

namespace ogam {

/// Builds the fusion model that the checkpoint's `model_type` names and checks that every tensor of
/// the checkpoint has found its place.
/// @throws Error{unsupported} listing the model types when it is none of them, Error{corrupt_data}
///     when the weights do not fit.
std::unique_ptr<FusionModel> make_fusion_model(Checkpoint& checkpoint);

}  // namespace ogam
