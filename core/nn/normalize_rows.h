#pragma once

#include <ATen/core/Tensor.h>

namespace ogam {

/// The rows of `vectors` [N, D] at length 1; rows of zeros stay.
at::Tensor normalize_rows(const at::Tensor& vectors);

}  // namespace ogam
