#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/tensor/checkpoint.h"

namespace ogam {

/// Whether a tensor came from the checkpoint. One that the checkpoint lacks comes as expanded zeros
/// of any size, which must not be written out; Checkpoint::finish reports it.
inline bool is_stored(const at::Tensor& tensor) { return tensor.is_non_overlapping_and_dense(); }

/// Trained batch normalisation as it acts at inference: y = x * scale + shift for every channel.
/// The scale is multiplied into the weight of the convolution before it, the shift becomes that
/// convolution's bias. Names: `weight`, `bias`, `running_mean`, `running_var` [channels]. Source:
/// Ioffe and Szegedy 2015, section 3.1.
class BatchNorm {
 public:
  struct Config {
    std::int64_t channels = 0;
    double eps = 1e-5;
  };
  BatchNorm(const WeightScope& weights, const Config& config);

  const at::Tensor& shift() const { return shift_; }  // [channels]

  /// The weight [channels, ...] of the convolution before it, with the scale folded in.
  at::Tensor fold(const at::Tensor& weight) const;

 private:
  at::Tensor scale_;  // [channels]
  at::Tensor shift_;  // [channels]
};

}  // namespace ogam
