#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace ogam {

/// A function of each element, by the name that configurations give it.
using Activation = at::Tensor (*)(const at::Tensor&);

/// @param origin the file that names it, for errors.
/// @throws Error{unsupported} listing the known names.
Activation find_activation(const std::string& name, const std::string& origin);

}  // namespace ogam
