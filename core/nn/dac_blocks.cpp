#include "core/nn/dac_blocks.h"

#include <ATen/ATen.h>

namespace ogam {
namespace {

constexpr std::int64_t kKernel = 7;
constexpr std::array<std::int64_t, 3> kDilations = {1, 3, 9};
constexpr double kSnakeEps = 1e-9;

}  // namespace

Snake::Snake(const WeightScope& weights, std::int64_t channels)
    : alpha_(weights.get("alpha", {1, channels, 1})) {}

at::Tensor Snake::operator()(const at::Tensor& x) const {
  return x + at::sin(alpha_ * x).square_() * (alpha_ + kSnakeEps).reciprocal();
}

DacResidualUnits::Unit::Unit(const WeightScope& weights, std::int64_t channels,
                             std::int64_t dilation)
    : snake1(weights.scope("snake1"), channels),
      conv1(weights.scope("conv1"), {.in = channels,
                                     .out = channels,
                                     .kernel = kKernel,
                                     .padding = Conv1d::Config::same_padding(kKernel, dilation),
                                     .dilation = dilation}),
      snake2(weights.scope("snake2"), channels),
      conv2(weights.scope("conv2"), {.in = channels, .out = channels}) {}

DacResidualUnits::DacResidualUnits(const WeightScope& weights, std::int64_t channels)
    : units_{Unit(weights.scope("res_unit1"), channels, kDilations[0]),
             Unit(weights.scope("res_unit2"), channels, kDilations[1]),
             Unit(weights.scope("res_unit3"), channels, kDilations[2])} {}

at::Tensor DacResidualUnits::operator()(const at::Tensor& x) const {
  auto states = x;
  for (const auto& unit : units_) {
    states = states + unit.conv2(unit.snake2(unit.conv1(unit.snake1(states))));
  }
  return states;
}

std::int64_t DacResidualUnits::reach() {
  std::int64_t values = 0;
  for (const auto dilation : kDilations) {
    values += kKernel / 2 * dilation;
  }
  return values;
}

}  // namespace ogam
