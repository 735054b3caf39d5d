#include "core/nn/same_conv.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/nn/batch_norm.h"

namespace ogam {
namespace {

std::vector<std::int64_t> weight_shape(const SameConv::Config& config) {
  return {config.out, config.in / config.groups, config.kernel, config.kernel};
}

std::int64_t total_padding(std::int64_t size, const SameConv::Config& config) {
  const std::int64_t outputs = (size + config.stride - 1) / config.stride;
  return std::max<std::int64_t>((outputs - 1) * config.stride + config.kernel - size, 0);
}

}  // namespace

SameConv::SameConv(const Config& config, const at::Tensor& weight, at::Tensor bias)
    : config_(config), weight_(weight), bias_(std::move(bias)) {
  if (is_stored(weight)) {
    weight_ = weight.contiguous(at::MemoryFormat::ChannelsLast);
  }
}

SameConv::SameConv(const WeightScope& weights, const Config& config)
    : SameConv(config, weights.get("weight", weight_shape(config)),
               weights.get("bias", {config.out})) {}

SameConv SameConv::with_batch_norm(const WeightScope& weights, const Config& config, double eps) {
  const BatchNorm norm(weights.scope("norm"), {.channels = config.out, .eps = eps});
  return SameConv(config, norm.fold(weights.scope("conv").get("weight", weight_shape(config))),
                  norm.shift());
}

at::Tensor SameConv::operator()(const at::Tensor& x) const {
  const auto rows = total_padding(x.size(2), config_);
  const auto columns = total_padding(x.size(3), config_);
  auto input = x;
  std::vector<std::int64_t> padding = {rows / 2, columns / 2};
  if (rows % 2 != 0 || columns % 2 != 0) {
    input =
        at::constant_pad_nd(x, {columns / 2, columns - columns / 2, rows / 2, rows - rows / 2}, 0);
    padding = {0, 0};
  }
  return at::convolution(input, weight_, bias_, {config_.stride, config_.stride}, padding,
                         /*dilation=*/{1, 1}, /*transposed=*/false, /*output_padding=*/{0, 0},
                         config_.groups);
}

}  // namespace ogam
