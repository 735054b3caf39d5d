#pragma once

#include <string_view>
#include <vector>

#include "core/tensor/checkpoint.h"
#include "encoders/encoder.h"

namespace ogam {

/// Builds the encoders that the checkpoint's `model_type` names and checks that every tensor of the
/// checkpoint has found its place.
/// @throws Error{unsupported} listing the model types when it is none of them, Error{corrupt_data}
///     when the weights do not fit.
Encoders make_encoders(Checkpoint& checkpoint);

/// The values of `model_type` that make_encoders knows, in alphabetical order.
std::vector<std::string_view> encoder_model_types();

}  // namespace ogam
