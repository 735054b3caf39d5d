#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/nn/layers.h"

namespace ogam {

/// How a linear layer of a Gemma 4 model is stored.
enum class LinearForm {
  plain,    ///< `weight`
  wrapped,  ///< `linear.weight`
  clipped,  ///< `linear.weight` and the bounds `input_min`, `input_max`, `output_min`, `output_max`
};

/// A linear layer without bias whose input and output may be held within trained bounds.
/// Source: the reference class Gemma4ClippableLinear. Names: see LinearForm; the bounds are
/// scalars, infinite where none was trained.
class ClippableLinear {
 public:
  struct Config {
    std::int64_t in = 0;
    std::int64_t out = 0;
    LinearForm form = LinearForm::plain;
  };
  /// @throws Error{corrupt_data} for bounds that leave no value between them.
  ClippableLinear(const WeightScope& weights, const Config& config);

  /// @param x [..., in].
  /// @return [..., out].
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  struct Range {
    double min = 0;
    double max = 0;
    bool bounded = false;

    at::Tensor operator()(const at::Tensor& x) const;
  };
  static Range range(const WeightScope& weights, const char* name);

  Linear linear_;
  Range input_;
  Range output_;
};

}  // namespace ogam
