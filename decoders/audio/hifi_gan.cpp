#include "decoders/audio/hifi_gan.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "core/base/error.h"
#include "core/tensor/shape.h"

namespace ogam {
namespace {

constexpr std::int64_t kEdgeKernel = 7;          // of the first and the last convolution
constexpr double kLastSlope = 0.01;              // of the leaky ReLU before the last one
constexpr std::int64_t kPieceSamples = 220'500;  // some 30 MB a layer at 32 channels

std::int64_t channels_after(const HifiGanConfig& config, std::size_t stages) {
  return config.initial_channels >> stages;
}

/// How many frames before and after its own can change a sample.
std::int64_t reach(const HifiGanConfig& config) {
  auto samples = static_cast<double>(kEdgeKernel / 2);  // at the rate of the current stage
  for (auto i = config.upsample_rates.size(); i-- > 0;) {
    std::int64_t widest = 0;
    for (std::size_t k = 0; k < config.block_kernels.size(); ++k) {
      const auto& dilations = config.block_dilations[k];
      auto sum = std::accumulate(dilations.begin(), dilations.end(), std::int64_t{0});
      if (config.block == ResidualBlock::paired) {
        sum += static_cast<std::int64_t>(dilations.size());
      }
      widest = std::max(widest, config.block_kernels[k] / 2 * sum);
    }
    samples += static_cast<double>(widest + config.upsample_kernels[i]);
    samples /= static_cast<double>(config.upsample_rates[i]);
  }
  return static_cast<std::int64_t>(samples) + 1 + kEdgeKernel / 2;
}

Conv1d::Config same(std::int64_t channels, std::int64_t kernel, std::int64_t dilation) {
  return {.in = channels,
          .out = channels,
          .kernel = kernel,
          .padding = Conv1d::Config::same_padding(kernel, dilation),
          .dilation = dilation};
}

}  // namespace

HifiGan::Block::Block(const HifiGanConfig& config, const WeightScope& weights,
                      std::int64_t channels, std::size_t kernel)
    : slope(config.leaky_relu_slope) {
  const bool paired = config.block == ResidualBlock::paired;
  const auto size = config.block_kernels[kernel];
  const auto& dilations = config.block_dilations[kernel];
  for (std::size_t i = 0; i < dilations.size(); ++i) {
    const auto name = std::to_string(i);
    convs.emplace_back(weights.scope(paired ? "convs1" : "convs").scope(name),
                       same(channels, size, dilations[i]));
    if (paired) {
      convs_2.emplace_back(weights.scope("convs2").scope(name), same(channels, size, 1));
    }
  }
}

at::Tensor HifiGan::Block::operator()(const at::Tensor& x) const {
  auto states = x;
  for (std::size_t i = 0; i < convs.size(); ++i) {
    auto added = convs[i](at::leaky_relu(states, slope));
    if (!convs_2.empty()) {
      added = convs_2[i](at::leaky_relu(added, slope));
    }
    states = states + added;
  }
  return states;
}

HifiGan::Stage::Stage(const HifiGanConfig& config, const WeightScope& weights, std::size_t index)
    : slope(config.leaky_relu_slope),
      upsampler(weights.scope("upsampler").scope(std::to_string(index)),
                {.in = channels_after(config, index),
                 .out = channels_after(config, index + 1),
                 .kernel = config.upsample_kernels[index],
                 .stride = config.upsample_rates[index],
                 .padding = (config.upsample_kernels[index] - config.upsample_rates[index]) / 2,
                 .transposed = true}) {
  const auto kernels = config.block_kernels.size();
  for (std::size_t k = 0; k < kernels; ++k) {
    blocks.emplace_back(config,
                        weights.scope("resblocks").scope(std::to_string(index * kernels + k)),
                        channels_after(config, index + 1), k);
  }
}

at::Tensor HifiGan::Stage::operator()(const at::Tensor& x) const {
  const auto states = upsampler(at::leaky_relu(x, slope));
  auto sum = blocks[0](states);
  for (std::size_t k = 1; k < blocks.size(); ++k) {
    sum = sum + blocks[k](states);
  }
  return sum / static_cast<double>(blocks.size());
}

HifiGan::HifiGan(const HifiGanConfig& config, const WeightScope& weights)
    : config_(config),
      conv_pre_(weights.scope("conv_pre"), {.in = config.in_channels,
                                            .out = config.initial_channels,
                                            .kernel = kEdgeKernel,
                                            .padding = kEdgeKernel / 2}),
      conv_post_(weights.scope("conv_post"),
                 {.in = channels_after(config, config.upsample_rates.size()),
                  .out = 1,
                  .kernel = kEdgeKernel,
                  .padding = kEdgeKernel / 2,
                  .bias = false}) {
  if (config.speaker_size > 0) {
    cond_.emplace_back(weights.scope("cond"),
                       Conv1d::Config{.in = config.speaker_size, .out = config.initial_channels});
  }
  for (std::size_t i = 0; i < config.upsample_rates.size(); ++i) {
    stages_.emplace_back(config, weights, i);
  }
}

at::Tensor HifiGan::decode_piece(const at::Tensor& latents, const at::Tensor& speaker) const {
  auto x = conv_pre_(latents);
  if (speaker.defined()) {
    x = x + cond_.at(0)(speaker);
  }
  for (const auto& stage : stages_) {
    x = stage(x);
  }
  return conv_post_(at::leaky_relu(x, kLastSlope)).tanh().flatten();
}

at::Tensor HifiGan::forward(const at::Tensor& latents, const at::Tensor& speaker) const {
  require(latents.dim() == 3 && latents.size(0) == 1 && latents.size(1) == config_.in_channels &&
              latents.size(2) > 0,
          ErrorCode::invalid_argument, "latents must be [1, {}, at least 1], got {}",
          config_.in_channels, shape_string(latents));
  const auto frames = latents.size(2);
  const auto hop = config_.hop_length();
  const auto overlap = reach(config_);
  const auto piece = std::max<std::int64_t>(kPieceSamples / hop, 1);
  std::vector<at::Tensor> samples;
  for (std::int64_t first = 0; first < frames; first += piece) {
    const auto count = std::min(piece, frames - first);
    const auto begin = std::max<std::int64_t>(first - overlap, 0);
    const auto end = std::min(first + count + overlap, frames);
    const auto decoded = decode_piece(latents.slice(2, begin, end), speaker);
    samples.push_back(decoded.narrow(0, (first - begin) * hop, count * hop));
  }
  return at::cat(samples);
}

}  // namespace ogam
