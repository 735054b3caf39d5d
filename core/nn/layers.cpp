#include "core/nn/layers.h"

#include <ATen/ATen.h>

#include <utility>

#include "core/base/error.h"

namespace ogam {

Linear::Linear(const WeightScope& weights, const Config& config) {
  if (auto blocks = weights.get_blocks("weight", {config.out, config.in})) {
    packed_.emplace(*std::move(blocks));
  } else {
    weight_ = weights.get("weight", {config.out, config.in});
  }
  if (config.bias) {
    bias_ = weights.get("bias", {config.out});
  }
}

at::Tensor Linear::operator()(const at::Tensor& x) const {
  if (!packed_) {
    return at::linear(x, weight_, bias_);
  }
  auto y = packed_->multiply(x);
  return bias_.defined() ? y.add_(bias_) : y;
}

Embedding::Embedding(const WeightScope& weights, const Config& config)
    : count_(config.count), size_(config.size), precision_(weights.precision()) {
  const std::array shape = {config.count, config.size};
  if (!config.as_stored) {
    weight_ = weights.get("weight", shape);
  } else if (auto blocks = weights.get_blocks("weight", shape)) {
    packed_.emplace(*std::move(blocks));
  } else {
    weight_ = weights.get_stored("weight", shape);
  }
}

at::Tensor Embedding::operator()(const at::Tensor& ids) const {
  const auto flat = ids.flatten();
  if (flat.numel() > 0) {
    const auto lowest = flat.min().item<std::int64_t>();
    const auto highest = flat.max().item<std::int64_t>();
    require(lowest >= 0 && highest < count_, ErrorCode::invalid_argument,
            "ids from {} to {} in a table of {} rows", lowest, highest, count_);
  }
  auto shape = ids.sizes().vec();
  shape.push_back(size_);
  const auto rows = packed_ ? packed_->rows_at(flat) : weight_.index_select(0, flat);
  return rows.to(precision_).view(shape);
}

LayerNorm::LayerNorm(const WeightScope& weights, const Config& config)
    : weight_(weights.get(config.names[0], {config.size})), eps_(config.eps) {
  if (config.bias) {
    bias_ = weights.get(config.names[1], {config.size});
  }
}

at::Tensor LayerNorm::operator()(const at::Tensor& x) const {
  return at::layer_norm(x, weight_.sizes(), weight_, bias_, eps_);
}

RmsNorm::RmsNorm(const WeightScope& weights, const Config& config)
    : weight_(weights.get("weight", {config.size}).to(at::kFloat)), eps_(config.eps) {
  if (config.centered) {
    weight_ = weight_ + 1;
  }
}

at::Tensor RmsNorm::operator()(const at::Tensor& x) const {
  const auto exact = x.to(at::kFloat);
  auto normed = exact * at::rsqrt(exact.square().mean(-1, /*keepdim=*/true) + eps_);
  if (weight_.defined()) {
    normed = normed * weight_;
  }
  return normed.to(x.scalar_type());
}

namespace {

std::vector<std::int64_t> for_every_dimension(const std::vector<std::int64_t>& values,
                                              std::size_t dimensions) {
  require(values.size() == 1 || values.size() == dimensions, ErrorCode::internal,
          "{} values for a convolution over {} dimensions", values.size(), dimensions);
  return values.size() == 1 ? std::vector<std::int64_t>(dimensions, values[0]) : values;
}

}  // namespace

Conv::Conv(const WeightScope& weights, const Config& config) : config_(config) {
  const auto dimensions = config.kernel.size();
  config_.stride = for_every_dimension(config.stride, dimensions);
  config_.padding = for_every_dimension(config.padding, dimensions);
  config_.dilation = for_every_dimension(config.dilation, dimensions);
  std::vector<std::int64_t> shape = {config.out, config.in / config.groups};
  shape.insert(shape.end(), config.kernel.begin(), config.kernel.end());
  weight_ = weights.get("weight", shape);
  if (config.bias) {
    bias_ = weights.get("bias", {config.out});
  }
}

at::Tensor Conv::operator()(const at::Tensor& x) const {
  const std::vector<std::int64_t> no_output_padding(config_.kernel.size(), 0);
  return at::convolution(x, weight_, bias_, config_.stride, config_.padding, config_.dilation,
                         /*transposed=*/false, no_output_padding, config_.groups);
}

}  // namespace ogam
