#include "decoders/audio/seanet.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "core/base/error.h"

namespace ogam {
namespace {

constexpr std::int64_t kMaxChannels = 16384;
constexpr std::int64_t kMaxKernel = 255;
constexpr std::int64_t kMaxRatios = 8;
constexpr std::int64_t kMaxHop = 1 << 20;
constexpr std::int64_t kMaxLayers = 64;
constexpr double kGroupNormEps = 1e-5;

/// A norm where the model has one.
std::optional<TimeNorm> read_norm(const SeanetConfig& config, const WeightScope& weights,
                                  std::int64_t channels) {
  return config.group_norm ? std::optional(TimeNorm(weights.scope("norm"), channels))
                           : std::nullopt;
}

WeightScope layer(const WeightScope& weights, std::int64_t index) {
  return weights.scope("layers").scope(std::to_string(index));
}

/// The index of the first upsampling layer: activations have indexes of their own among the layers.
std::int64_t first_upsampler(const SeanetConfig& config) {
  return config.num_lstm_layers > 0 ? 3 : 2;
}

std::int64_t widest(const SeanetConfig& config) {
  return config.num_filters << config.ratios.size();
}

}  // namespace

std::string read_choice(const ConfigReader& config, const char* key, const std::string& first,
                        const std::string& second) {
  const auto value = config.text(key, first);
  require(value == first || value == second, ErrorCode::unsupported,
          "{}: \"{}\" is \"{}\"; only \"{}\" and \"{}\" are implemented", config.origin(), key,
          value, first, second);
  return value;
}

SeanetConfig SeanetConfig::parse(const ConfigReader& config, const Defaults& defaults) {
  const std::string other = std::string(defaults.pad_mode) == "reflect" ? "constant" : "reflect";
  SeanetConfig parsed = {
      .hidden_size = config.size("hidden_size", kMaxChannels, defaults.hidden_size),
      .num_filters = config.size("num_filters", kMaxChannels, defaults.num_filters),
      .channels = config.size("audio_channels", 64, 1),
      .num_residual_layers = config.size("num_residual_layers", kMaxLayers, 1),
      .ratios = config.has("upsampling_ratios") ? config.sizes("upsampling_ratios", kMaxKernel)
                                                : defaults.ratios,
      .kernel_size = config.size("kernel_size", kMaxKernel, 7),
      .last_kernel_size = config.size("last_kernel_size", kMaxKernel, defaults.last_kernel_size),
      .residual_kernel_size = config.size("residual_kernel_size", kMaxKernel, 3),
      .dilation_growth_rate = config.size("dilation_growth_rate", kMaxKernel, 2),
      .compress = config.size("compress", kMaxChannels, 2),
      .trim_right_ratio = config.number("trim_right_ratio", 0, 1, 1.0),
      .causal = config.flag("use_causal_conv", true),
      .reflects = read_choice(config, "pad_mode", defaults.pad_mode, other) == "reflect",
      .conv_shortcut = config.flag("use_conv_shortcut", defaults.conv_shortcut),
  };
  const auto& origin = config.origin();
  std::int64_t hop = 1;
  for (const auto ratio : parsed.ratios) {
    hop *= ratio;
    require(hop <= kMaxHop, ErrorCode::corrupt_data, "{}: the product of the ratios is over {}",
            origin, kMaxHop);
  }
  std::int64_t dilation = 1;
  for (std::int64_t i = 1; i < parsed.num_residual_layers; ++i) {
    dilation *= parsed.dilation_growth_rate;
    require(dilation <= kMaxHop, ErrorCode::corrupt_data, "{}: the dilation grows past {}", origin,
            kMaxHop);
  }
  require(parsed.ratios.size() <= kMaxRatios && widest(parsed) <= kMaxChannels &&
              parsed.compress <= parsed.num_filters,
          ErrorCode::corrupt_data, "{}: {} filters do not fit {} ratios and a compression by {}",
          origin, parsed.num_filters, parsed.ratios.size(), parsed.compress);
  require(parsed.causal || parsed.trim_right_ratio == 1, ErrorCode::corrupt_data,
          "{}: \"trim_right_ratio\" other than 1 needs causal convolutions", origin);
  return parsed;
}

std::int64_t SeanetConfig::hop_length() const {
  return std::accumulate(ratios.begin(), ratios.end(), std::int64_t{1}, std::multiplies<>());
}

at::Tensor TimeNorm::operator()(const at::Tensor& x) const {
  return at::group_norm(x, /*num_groups=*/1, weight_, bias_, kGroupNormEps);
}

PaddedConv::PaddedConv(const SeanetConfig& model, const WeightScope& weights, const Config& config)
    : total_((config.kernel - 1) * config.dilation),
      causal_(model.causal),
      reflects_(model.reflects),
      conv_(weights.scope("conv"), {.in = config.in,
                                    .out = config.out,
                                    .kernel = config.kernel,
                                    .dilation = config.dilation}),
      norm_(read_norm(model, weights, config.out)) {}

at::Tensor PaddedConv::operator()(const at::Tensor& x) const {
  const auto right = causal_ ? 0 : total_ / 2;
  const auto states = conv_(pad(x, total_ - right, right));
  return norm_ ? (*norm_)(states) : states;
}

at::Tensor PaddedConv::pad(const at::Tensor& x, std::int64_t left, std::int64_t right) const {
  if (!reflects_) {
    return at::constant_pad_nd(x, {left, right});
  }
  // Too little to reflect is made longer with zeros, which are taken off again.
  const auto most = std::max(left, right);
  const auto extra = x.size(2) <= most ? most - x.size(2) + 1 : 0;
  const auto padded = at::reflection_pad1d(at::constant_pad_nd(x, {0, extra}), {left, right});
  return padded.narrow(2, 0, padded.size(2) - extra);
}

TrimmedConv::TrimmedConv(const SeanetConfig& model, const WeightScope& weights,
                         const Config& config)
    : conv_(weights.scope("conv"), {.in = config.in,
                                    .out = config.out,
                                    .kernel = 2 * config.stride,
                                    .stride = config.stride,
                                    .groups = config.groups,
                                    .transposed = true,
                                    .bias = config.bias}),
      norm_(read_norm(model, weights, config.out)) {
  const auto total = static_cast<double>(config.stride);  // of a kernel of twice the stride
  right_ = model.causal ? static_cast<std::int64_t>(std::ceil(total * model.trim_right_ratio))
                        : config.stride / 2;
  left_ = config.stride - right_;
}

at::Tensor TrimmedConv::operator()(const at::Tensor& x) const {
  auto states = conv_(x);
  if (norm_) {
    states = (*norm_)(states);
  }
  return states.narrow(2, left_, states.size(2) - left_ - right_);
}

SeanetDecoder::Memory::Memory(const WeightScope& weights, std::int64_t size, std::int64_t layers)
    : size_(size), layers_(layers) {
  const auto lstm = weights.scope("lstm");
  for (std::int64_t i = 0; i < layers; ++i) {
    const auto of_layer = "_l" + std::to_string(i);
    for (const char* const name : {"weight_ih", "weight_hh"}) {
      weights_.push_back(lstm.get(name + of_layer, {4 * size, size}));
    }
    for (const char* const name : {"bias_ih", "bias_hh"}) {
      weights_.push_back(lstm.get(name + of_layer, {4 * size}));
    }
  }
}

at::Tensor SeanetDecoder::Memory::operator()(const at::Tensor& x) const {
  const auto in_time = x.permute({2, 0, 1});
  const auto start = at::zeros({layers_, 1, size_}, x.options());
  const auto states = std::get<0>(at::lstm(in_time, {start, start}, weights_, /*has_biases=*/true,
                                           layers_, /*dropout=*/0, /*train=*/false,
                                           /*bidirectional=*/false, /*batch_first=*/false));
  return (states + in_time).permute({1, 2, 0});
}

SeanetDecoder::ResidualLayer::ResidualLayer(const SeanetConfig& config, const WeightScope& weights,
                                            std::int64_t channels, std::int64_t dilation)
    : narrow_(config, weights.scope("block").scope("1"),
              {.in = channels,
               .out = channels / config.compress,
               .kernel = config.residual_kernel_size,
               .dilation = dilation}),
      widen_(config, weights.scope("block").scope("3"),
             {.in = channels / config.compress, .out = channels}) {
  if (config.conv_shortcut) {
    shortcut_.emplace(config, weights.scope("shortcut"),
                      PaddedConv::Config{.in = channels, .out = channels});
  }
}

at::Tensor SeanetDecoder::ResidualLayer::operator()(const at::Tensor& x) const {
  return (shortcut_ ? (*shortcut_)(x) : x) + widen_(at::elu(narrow_(at::elu(x))));
}

SeanetDecoder::SeanetDecoder(const SeanetConfig& config, const WeightScope& weights)
    : first_(config, layer(weights, 0),
             {.in = config.hidden_size, .out = widest(config), .kernel = config.kernel_size}),
      last_(config,
            layer(weights, first_upsampler(config) +
                               std::ssize(config.ratios) * (2 + config.num_residual_layers)),
            {.in = config.num_filters, .out = config.channels, .kernel = config.last_kernel_size}) {
  if (config.num_lstm_layers > 0) {
    memory_.emplace(layer(weights, 1), widest(config), config.num_lstm_layers);
  }
  auto index = first_upsampler(config);
  auto channels = widest(config);
  for (const auto ratio : config.ratios) {
    stages_.push_back({TrimmedConv(config, layer(weights, index++),
                                   {.in = channels, .out = channels / 2, .stride = ratio}),
                       {}});
    channels /= 2;
    std::int64_t dilation = 1;
    for (std::int64_t i = 0; i < config.num_residual_layers; ++i) {
      stages_.back().residual.emplace_back(config, layer(weights, index++), channels, dilation);
      dilation *= config.dilation_growth_rate;
    }
    ++index;  // the next activation
  }
}

at::Tensor SeanetDecoder::operator()(const at::Tensor& latents) const {
  auto x = first_(latents);
  if (memory_) {
    x = (*memory_)(x);
  }
  for (const auto& stage : stages_) {
    x = stage.upsampler(at::elu(x));
    for (const auto& residual : stage.residual) {
      x = residual(x);
    }
  }
  return last_(at::elu(x)).squeeze(0);
}

}  // namespace ogam
