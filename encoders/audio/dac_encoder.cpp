#include "encoders/audio/dac_encoder.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <string>

#include "core/base/error.h"
#include "core/tensor/shape.h"

namespace ogam {
namespace {

constexpr std::int64_t kMaxChannels = 16384;
constexpr std::int64_t kMaxRatio = 64;
constexpr std::int64_t kMaxBlocks = 8;
constexpr std::int64_t kMaxHop = 1 << 20;
constexpr std::int64_t kEdgeKernel = 7;  // of the first convolution
constexpr std::int64_t kLastKernel = 3;
constexpr std::int64_t kPieceSamples = 240'000;  // some 60 MB a layer at 64 channels

/// How many samples before and after a frame's own can change it.
std::int64_t reach(const DacEncoderConfig& config) {
  std::int64_t samples = kEdgeKernel / 2;
  std::int64_t rate = 1;  // samples from one value to the next
  for (const auto ratio : config.downsampling_ratios) {
    samples += (DacResidualUnits::reach() + 2 * ratio) * rate;
    rate *= ratio;
  }
  return samples + kLastKernel / 2 * rate;
}

}  // namespace

std::int64_t DacEncoderConfig::hop_length() const {
  return std::accumulate(downsampling_ratios.begin(), downsampling_ratios.end(), std::int64_t{1},
                         std::multiplies<>());
}

DacEncoderConfig DacEncoderConfig::parse(const ConfigReader& config,
                                         const DacEncoderConfig& defaults) {
  config.demand_or_absent<std::string>("model_type", "dac");
  DacEncoderConfig parsed = {
      .encoder_hidden_size =
          config.size("encoder_hidden_size", kMaxChannels, defaults.encoder_hidden_size),
      .downsampling_ratios = config.has("downsampling_ratios")
                                 ? config.sizes("downsampling_ratios", kMaxRatio)
                                 : defaults.downsampling_ratios,
      .codebook_dim = config.size("codebook_dim", kMaxChannels, defaults.codebook_dim),
  };
  const auto& ratios = parsed.downsampling_ratios;
  require(
      ratios.size() <= kMaxBlocks && *std::min_element(ratios.begin(), ratios.end()) > 1 &&
          parsed.width() <= kMaxChannels,
      ErrorCode::corrupt_data,
      "{}: expected at most {} \"downsampling_ratios\", each 2 or more, and at most {} channels "
      "at the end, got {} ratios and {} channels",
      config.origin(), kMaxBlocks, kMaxChannels, ratios.size(), parsed.width());
  parsed.hidden_size =
      config.size("hidden_size", kMaxChannels,
                  defaults.hidden_size > 0 ? defaults.hidden_size : parsed.width());
  require(parsed.hop_length() <= kMaxHop &&
              config.size("hop_length", kMaxHop, parsed.hop_length()) == parsed.hop_length(),
          ErrorCode::corrupt_data, "{}: \"hop_length\" is not the product of the ratios, {}",
          config.origin(), parsed.hop_length());
  // What remains describes the decoder and the codes, or how they were trained.
  config.refuse_unread({"upsampling_ratios", "decoder_hidden_size", "n_codebooks", "codebook_size",
                        "quantizer_dropout", "commitment_loss_weight", "codebook_loss_weight",
                        "sampling_rate"});
  return parsed;
}

DacEncoder::Block::Block(const WeightScope& weights, std::int64_t channels, std::int64_t stride)
    : units(weights, channels),
      snake1(weights.scope("snake1"), channels),
      conv1(weights.scope("conv1"), {.in = channels,
                                     .out = 2 * channels,
                                     .kernel = 2 * stride,
                                     .stride = stride,
                                     .padding = (stride + 1) / 2}) {}

at::Tensor DacEncoder::Block::operator()(const at::Tensor& x) const {
  return conv1(snake1(units(x)));
}

DacEncoder::DacEncoder(const WeightScope& weights, const DacEncoderConfig& config)
    : config_(config),
      precision_(weights.precision()),
      conv1_(weights.scope("conv1"), {.in = 1,
                                      .out = config.encoder_hidden_size,
                                      .kernel = kEdgeKernel,
                                      .padding = kEdgeKernel / 2}),
      snake1_(weights.scope("snake1"), config.width()),
      conv2_(weights.scope("conv2"), {.in = config.width(),
                                      .out = config.hidden_size,
                                      .kernel = kLastKernel,
                                      .padding = kLastKernel / 2}) {
  auto channels = config.encoder_hidden_size;
  for (std::size_t i = 0; i < config.downsampling_ratios.size(); ++i) {
    blocks_.emplace_back(weights.scope("block").scope(std::to_string(i)), channels,
                         config.downsampling_ratios[i]);
    channels *= 2;
  }
}

at::Tensor DacEncoder::encode_piece(const at::Tensor& samples) const {
  auto x = conv1_(samples.to(precision_).view({1, 1, -1}));
  for (const auto& block : blocks_) {
    x = block(x);
  }
  return conv2_(snake1_(x)).squeeze(0);
}

at::Tensor DacEncoder::forward(const at::Tensor& samples) const {
  const auto hop = config_.hop_length();
  require(samples.dim() == 1 && samples.size(0) > 0 && samples.size(0) % hop == 0,
          ErrorCode::invalid_argument, "sound must be [a multiple of {}], got {}", hop,
          shape_string(samples));
  const auto frames = samples.size(0) / hop;
  const auto overlap = (reach(config_) + hop - 1) / hop;
  const auto piece = std::max<std::int64_t>(kPieceSamples / hop, 1);
  std::vector<at::Tensor> encoded;
  for (std::int64_t first = 0; first < frames; first += piece) {
    const auto count = std::min(piece, frames - first);
    const auto begin = std::max<std::int64_t>(first - overlap, 0);
    const auto end = std::min(first + count + overlap, frames);
    const auto states = encode_piece(samples.slice(0, begin * hop, end * hop));
    encoded.push_back(states.narrow(1, first - begin, count));
  }
  return at::cat(encoded, 1);
}

}  // namespace ogam
