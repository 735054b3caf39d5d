#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/tensor/checkpoint.h"

namespace ogam {

/// A weight that may be stored with weight normalisation, as one tensor: `weight` as it is, or
/// direction and length of each of its first dimension's parts, named `weight_v` and `weight_g`, or
/// `parametrizations.weight.original1` and `original0`. Source: Salimans and Kingma 2016.
at::Tensor read_normalized_weight(const WeightScope& weights, at::IntArrayRef shape);

/// Convolution over the last dimension of [B, C, T], forward or transposed, whose weight may be
/// normalised. Names: `weight` [out, in / groups, kernel], transposed [in, out / groups, kernel]
/// (see read_normalized_weight), `bias` [out].
class Conv1d {
 public:
  struct Config {
    std::int64_t in = 0;
    std::int64_t out = 0;
    std::int64_t kernel = 1;
    std::int64_t stride = 1;
    std::int64_t padding = 0;
    std::int64_t dilation = 1;
    std::int64_t groups = 1;
    std::int64_t output_padding = 0;  ///< of a transposed one
    bool transposed = false;
    bool bias = true;

    /// Keeps the length at stride 1, where the kernel is odd.
    static constexpr std::int64_t same_padding(std::int64_t kernel, std::int64_t dilation = 1) {
      return (kernel - 1) * dilation / 2;
    }
  };
  Conv1d(const WeightScope& weights, const Config& config);
  at::Tensor operator()(const at::Tensor& x) const;

 private:
  Config config_;
  at::Tensor weight_;
  at::Tensor bias_;  // undefined without a bias
};

}  // namespace ogam
