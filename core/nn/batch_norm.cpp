#include "core/nn/batch_norm.h"

#include <ATen/ATen.h>

#include <vector>

namespace ogam {

BatchNorm::BatchNorm(const WeightScope& weights, const Config& config) {
  const auto weight = weights.get("weight", {config.channels});
  const auto bias = weights.get("bias", {config.channels});
  const auto mean = weights.get("running_mean", {config.channels});
  const auto variance = weights.get("running_var", {config.channels});
  scale_ = weight / (variance + config.eps).sqrt();
  shift_ = bias - mean * scale_;
}

at::Tensor BatchNorm::fold(const at::Tensor& weight) const {
  if (!is_stored(weight)) {
    return weight;
  }
  std::vector<std::int64_t> per_channel(weight.dim(), 1);
  per_channel[0] = weight.size(0);
  return weight * scale_.view(per_channel);
}

}  // namespace ogam
