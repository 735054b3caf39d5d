#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

#include "core/nn/conv1d.h"
#include "core/tensor/checkpoint.h"

namespace ogam {

/// x + sin(alpha x)^2 / alpha, alpha of each channel its own. Names: `alpha` [1, C, 1].
/// Source: Ziyin et al. 2020.
class Snake {
 public:
  Snake(const WeightScope& weights, std::int64_t channels);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  at::Tensor alpha_;
};

/// The three residual units of each block of the Descript Audio Codec, encoder and decoder alike:
/// Snake activations and convolutions, dilated by 1, 3 and 9. Names: `res_unit1` to `res_unit3`.
/// Source: Kumar et al. 2023, section 3.1.
class DacResidualUnits {
 public:
  DacResidualUnits(const WeightScope& weights, std::int64_t channels);
  at::Tensor operator()(const at::Tensor& x) const;

  /// How many values before and after its own can change a value.
  static std::int64_t reach();

 private:
  struct Unit {
    Unit(const WeightScope& weights, std::int64_t channels, std::int64_t dilation);

    Snake snake1;
    Conv1d conv1;
    Snake snake2;
    Conv1d conv2;
  };
  std::array<Unit, 3> units_;
};

}  // namespace ogam
