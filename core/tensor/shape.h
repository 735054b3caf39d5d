#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace ogam {

/// "[2, 3, 512]"; "[]" for a scalar.
std::string shape_string(at::IntArrayRef shape);

/// "[2, 3, 512]", or "undefined" for a tensor that holds nothing.
std::string shape_string(const at::Tensor& tensor);

}  // namespace ogam
