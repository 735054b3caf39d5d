#include "core/tensor/shape.h"

#include <fmt/ranges.h>

namespace ogam {

std::string shape_string(at::IntArrayRef shape) {
  return fmt::format("[{}]", fmt::join(shape.begin(), shape.end(), ", "));
}

std::string shape_string(const at::Tensor& tensor) {
  return tensor.defined() ? shape_string(tensor.sizes()) : "undefined";
}

}  // namespace ogam
