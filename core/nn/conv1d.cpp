#include "core/nn/conv1d.h"

#include <ATen/ATen.h>

#include <string>
#include <vector>

namespace ogam {
namespace {

std::vector<std::int64_t> weight_shape(const Conv1d::Config& config) {
  return config.transposed
             ? std::vector<std::int64_t>{config.in, config.out / config.groups, config.kernel}
             : std::vector<std::int64_t>{config.out, config.in / config.groups, config.kernel};
}

}  // namespace

at::Tensor read_normalized_weight(const WeightScope& weights, at::IntArrayRef shape) {
  struct Names {
    const char* length;
    const char* direction;
  };
  constexpr Names kForms[] = {
      {"weight_g", "weight_v"},
      {"parametrizations.weight.original0", "parametrizations.weight.original1"},
  };
  for (const auto& names : kForms) {
    if (!weights.contains(names.length)) {
      continue;
    }
    std::vector<std::int64_t> lengths(shape.size(), 1);
    lengths[0] = shape[0];
    const auto length = weights.get(names.length, lengths);
    const auto direction = weights.get(names.direction, shape);
    // Flat, so that the norm is taken over every dimension but the first.
    const auto norm = direction.flatten(1).norm(2, /*dim=*/1).view(lengths);
    return direction * (length / norm);
  }
  return weights.get("weight", shape);
}

Conv1d::Conv1d(const WeightScope& weights, const Config& config)
    : config_(config), weight_(read_normalized_weight(weights, weight_shape(config))) {
  if (config.bias) {
    bias_ = weights.get("bias", {config.out});
  }
}

at::Tensor Conv1d::operator()(const at::Tensor& x) const {
  return at::convolution(x, weight_, bias_, {config_.stride}, {config_.padding}, {config_.dilation},
                         config_.transposed, {config_.output_padding}, config_.groups);
}

}  // namespace ogam
