#include "core/nn/mlp.h"

#include <ATen/ATen.h>

namespace ogam {

Mlp::Mlp(const WeightScope& weights, const Config& config)
    : activation_(config.activation),
      first_(weights.scope(config.names[0]),
             {.in = config.size, .out = config.intermediate, .bias = config.bias}),
      second_(weights.scope(config.names[1]), {.in = config.intermediate,
                                               .out = config.out > 0 ? config.out : config.size,
                                               .bias = config.bias}) {}

at::Tensor Mlp::operator()(const at::Tensor& x) const { return second_(activation_(first_(x))); }

GatedMlp::GatedMlp(const WeightScope& weights, const Config& config)
    : activation_(config.activation),
      gate_(weights.scope("gate_proj"),
            {.in = config.size, .out = config.intermediate, .bias = config.bias}),
      up_(weights.scope("up_proj"),
          {.in = config.size, .out = config.intermediate, .bias = config.bias}),
      down_(weights.scope("down_proj"),
            {.in = config.intermediate, .out = config.size, .bias = config.bias}) {}

at::Tensor GatedMlp::operator()(const at::Tensor& x) const {
  return down_(activation_(gate_(x)) * up_(x));
}

}  // namespace ogam
