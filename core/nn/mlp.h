#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

#include "core/nn/activation.h"
#include "core/nn/layers.h"

namespace ogam {

/// Two linear layers with an activation between them. Names: `fc1`, `fc2`.
class Mlp {
 public:
  struct Config {
    std::int64_t size = 0;          ///< of what goes in and comes out
    std::int64_t intermediate = 0;  ///< between the layers
    Activation activation = nullptr;
    bool bias = true;
    std::array<const char*, 2> names = {"fc1", "fc2"};
    std::int64_t out = 0;  ///< of what comes out, where that is not `size`
  };
  Mlp(const WeightScope& weights, const Config& config);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  Activation activation_;
  Linear first_;
  Linear second_;
};

/// down(activation(gate(x)) * up(x)). Names: `gate_proj`, `up_proj`, `down_proj`.
/// Source: Shazeer 2020, section 2.
class GatedMlp {
 public:
  struct Config {
    std::int64_t size = 0;
    std::int64_t intermediate = 0;
    Activation activation = nullptr;
    bool bias = false;
  };
  GatedMlp(const WeightScope& weights, const Config& config);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  Activation activation_;
  Linear gate_;
  Linear up_;
  Linear down_;
};

}  // namespace ogam
