#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/tensor/checkpoint.h"

namespace ogam {

/// Whether a tensor came from the checkpoint. One that the checkpoint lacks comes as expanded zeros
/// of any size, which must not be written out; Checkpoint::finish reports it.
inline bool is_stored(const at::Tensor& tensor) { return tensor.is_non_overlapping_and_dense(); }

/// Trained batch normalisation as it acts at inference: y = x * scale + shift for every channel,
/// computed in float32. After a convolution the scale is multiplied into its weight and the shift
/// becomes its bias; elsewhere `normalize` applies both. Names: `weight`, `bias`, `running_mean`,
/// `running_var` [channels]. Source: Ioffe and Szegedy 2015, section 3.1.
class BatchNorm {
 public:
  struct Config {
    std::int64_t channels = 0;
    double eps = 1e-5;
  };
  BatchNorm(const WeightScope& weights, const Config& config);

  /// The bias [channels] of the convolution before it, in the weights' precision.
  at::Tensor shift() const;

  /// The weight [channels, ...] of the convolution before it, with the scale folded in.
  at::Tensor fold(const at::Tensor& weight) const;

  /// @param x [..., channels].
  /// @return [..., channels] float32.
  at::Tensor normalize(const at::Tensor& x) const;

 private:
  at::ScalarType precision_;
  at::Tensor scale_;  // [channels] float32
  at::Tensor shift_;  // [channels] float32
};

}  // namespace ogam
