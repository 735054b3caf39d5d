#include "core/nn/clippable_linear.h"

#include <ATen/ATen.h>

#include <cmath>
#include <string>

#include "core/base/error.h"

namespace ogam {

ClippableLinear::ClippableLinear(const WeightScope& weights, const Config& config)
    : linear_(config.form == LinearForm::plain ? weights : weights.scope("linear"),
              {.in = config.in, .out = config.out, .bias = false}) {
  if (config.form == LinearForm::clipped) {
    input_ = range(weights, "input");
    output_ = range(weights, "output");
  }
}

ClippableLinear::Range ClippableLinear::range(const WeightScope& weights, const char* name) {
  const auto bound = [&](const char* end) {
    return weights.get(std::string(name) + end, {}).item<double>();
  };
  Range range{.min = bound("_min"), .max = bound("_max")};
  // Written so that a bound that is not a number is refused. Both are 0 where they are missing.
  require(range.min <= range.max, ErrorCode::corrupt_data,
          "a clipped linear layer has the {} bounds {} and {}", name, range.min, range.max);
  range.bounded = std::isfinite(range.min) || std::isfinite(range.max);
  return range;
}

at::Tensor ClippableLinear::Range::operator()(const at::Tensor& x) const {
  return bounded ? at::clamp(x, min, max) : x;
}

at::Tensor ClippableLinear::operator()(const at::Tensor& x) const {
  return output_(linear_(input_(x)));
}

}  // namespace ogam
