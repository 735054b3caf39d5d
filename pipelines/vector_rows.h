#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "encoders/encoder.h"

namespace ogam {

/// The vectors of the output called `name`: [N, D] in the encoder's precision.
/// @throws Error{corrupt_data} when a pack names an output that its encoder does not have.
at::Tensor vectors_of(const std::vector<EncoderOutput>& outputs, const std::string& name);

/// The rows of `vectors` [N, D], of any floating point type.
std::vector<std::vector<float>> rows_of(const at::Tensor& vectors);

/// Rows of `size` values each as float32 [N, size].
/// @throws Error{internal} when a row has another size.
at::Tensor matrix_of(std::span<const std::span<const float>> rows, std::int64_t size);

}  // namespace ogam
