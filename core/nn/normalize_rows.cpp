#include "core/nn/normalize_rows.h"

#include <ATen/ATen.h>

namespace ogam {

at::Tensor normalize_rows(const at::Tensor& vectors) {
  return vectors / at::linalg_vector_norm(vectors, 2, {1}, /*keepdim=*/true).clamp_min(1e-12);
}

}  // namespace ogam
