#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/tensor/checkpoint.h"

namespace ogam {

/// Convolution over pictures with TensorFlow's SAME padding: the output has ceil(size / stride)
/// rows and columns, and where the padding is odd the extra row and column are at the bottom and
/// right. Fastest where the picture's channels are innermost in memory (channels_last); the
/// output's are.
class SameConv {
 public:
  struct Config {
    std::int64_t in = 0;
    std::int64_t out = 0;
    std::int64_t kernel = 1;
    std::int64_t stride = 1;
    std::int64_t groups = 1;
  };

  /// Names: `weight` [out, in / groups, kernel, kernel], `bias` [out].
  SameConv(const WeightScope& weights, const Config& config);

  /// A convolution without bias, followed by batch normalisation, as one.
  /// Names: `conv.weight` [out, in / groups, kernel, kernel], `norm.*` [out] (see BatchNorm).
  static SameConv with_batch_norm(const WeightScope& weights, const Config& config, double eps);

  /// @param x [N, in, H, W].
  /// @return [N, out, ceil(H / stride), ceil(W / stride)].
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  SameConv(const Config& config, const at::Tensor& weight, at::Tensor bias);

  Config config_;
  at::Tensor weight_;
  at::Tensor bias_;
};

}  // namespace ogam
