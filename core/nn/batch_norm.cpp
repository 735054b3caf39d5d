#include "core/nn/batch_norm.h"

#include <ATen/ATen.h>

#include <vector>

namespace ogam {

BatchNorm::BatchNorm(const WeightScope& weights, const Config& config)
    : precision_(weights.precision()) {
  const auto read = [&](const char* name) {
    return weights.get(name, {config.channels}).to(at::kFloat);
  };
  scale_ = read("weight") / (read("running_var") + config.eps).sqrt();
  shift_ = read("bias") - read("running_mean") * scale_;
}

at::Tensor BatchNorm::shift() const { return shift_.to(precision_); }

at::Tensor BatchNorm::fold(const at::Tensor& weight) const {
  if (!is_stored(weight)) {
    return weight;
  }
  std::vector<std::int64_t> per_channel(weight.dim(), 1);
  per_channel[0] = weight.size(0);
  return (weight * scale_.view(per_channel)).to(precision_);
}

at::Tensor BatchNorm::normalize(const at::Tensor& x) const {
  return x.to(at::kFloat) * scale_ + shift_;
}

}  // namespace ogam
