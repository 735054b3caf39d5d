#include "decoders/image/vq_decoder.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string>

#include "core/base/error.h"
#include "core/nn/attention.h"
#include "core/tensor/shape.h"

namespace ogam {
namespace {

constexpr std::int64_t kColours = 3;
constexpr std::int64_t kGroups = 32;  // of channels that are normed together
constexpr double kNormEps = 1e-6;
constexpr double kVectorEps = 1e-12;  // of a code's length
constexpr std::int64_t kMaxCodes = 1 << 20;
constexpr std::int64_t kMaxChannels = 16384;
constexpr std::int64_t kMaxLevels = 8;
constexpr std::int64_t kMaxBlocks = 64;
constexpr std::int64_t kMaxSide = 4096;  // pixels

Conv conv3(const WeightScope& weights, std::int64_t in, std::int64_t out) {
  return {weights, {.in = in, .out = out, .kernel = {3, 3}, .padding = {1}}};
}
Conv conv1(const WeightScope& weights, std::int64_t in, std::int64_t out) {
  return {weights, {.in = in, .out = out, .kernel = {1, 1}}};
}

/// The number of channels at a level, counted from the highest resolution.
std::int64_t channels_at(const VqDecoderConfig& config, std::size_t level) {
  return config.base_channels * config.channel_multiplier[level];
}
std::int64_t lowest_channels(const VqDecoderConfig& config) {
  return channels_at(config, config.channel_multiplier.size() - 1);
}

WeightScope decoder_of(const WeightScope& weights, const char* part) {
  return weights.scope("decoder").scope(part);
}

}  // namespace

VqDecoderConfig VqDecoderConfig::parse(const ConfigReader& config, std::int64_t num_patches) {
  config.demand_or_absent<std::string>("model_type", "janus_vqgan");
  config.demand_or_absent("out_channels", kColours);
  VqDecoderConfig parsed = {
      .num_embeddings = config.size("num_embeddings", kMaxCodes, 16384),
      .embed_dim = config.size("embed_dim", kMaxChannels, 8),
      .latent_channels = config.size("latent_channels", kMaxChannels, 256),
      .base_channels = config.size("base_channels", kMaxChannels, 128),
      .channel_multiplier = config.has("channel_multiplier")
                                ? config.sizes("channel_multiplier", kMaxChannels)
                                : std::vector<std::int64_t>{1, 1, 2, 2, 4},
      .num_res_blocks = config.size("num_res_blocks", kMaxBlocks, 2),
      .num_patches = num_patches};
  const auto levels = std::ssize(parsed.channel_multiplier);
  require(levels >= 1 && levels <= kMaxLevels, ErrorCode::corrupt_data,
          "{}: \"channel_multiplier\" has {} levels, expected 1 to {}", config.origin(), levels,
          kMaxLevels);
  const auto widest =
      *std::max_element(parsed.channel_multiplier.begin(), parsed.channel_multiplier.end());
  require(parsed.base_channels % kGroups == 0 && parsed.base_channels * widest <= kMaxChannels,
          ErrorCode::corrupt_data,
          "{}: \"base_channels\" is {}, expected a multiple of {} and at most {} channels in all",
          config.origin(), parsed.base_channels, kGroups, kMaxChannels);
  require(parsed.side() <= kMaxSide, ErrorCode::corrupt_data,
          "{}: pictures of {} pixels a side; at most {} are made", config.origin(), parsed.side(),
          kMaxSide);
  return parsed;
}

VqDecoder::Norm::Norm(const WeightScope& weights, std::int64_t channels)
    : weight(weights.get("weight", {channels})), bias(weights.get("bias", {channels})) {}

at::Tensor VqDecoder::Norm::operator()(const at::Tensor& x) const {
  return at::group_norm(x, kGroups, weight, bias, kNormEps);
}

VqDecoder::ResidualBlock::ResidualBlock(const WeightScope& weights, std::int64_t in,
                                        std::int64_t out)
    : norm1(weights.scope("norm1"), in),
      conv1(conv3(weights.scope("conv1"), in, out)),
      norm2(weights.scope("norm2"), out),
      conv2(conv3(weights.scope("conv2"), out, out)) {
  if (in != out) {
    shortcut = ogam::conv1(weights.scope("nin_shortcut"), in, out);
  }
}

at::Tensor VqDecoder::ResidualBlock::operator()(const at::Tensor& x) const {
  const auto changed = conv2(at::silu(norm2(conv1(at::silu(norm1(x))))));
  return (shortcut ? (*shortcut)(x) : x) + changed;
}

VqDecoder::AttentionBlock::AttentionBlock(const WeightScope& weights, std::int64_t channels)
    : norm(weights.scope("norm"), channels),
      query(conv1(weights.scope("q"), channels, channels)),
      key(conv1(weights.scope("k"), channels, channels)),
      value(conv1(weights.scope("v"), channels, channels)),
      out(conv1(weights.scope("proj_out"), channels, channels)) {}

at::Tensor VqDecoder::AttentionBlock::operator()(const at::Tensor& x) const {
  const auto normed = norm(x);
  // [1, C, H, W] as one head: [1, 1, H * W, C].
  const auto line = [](const at::Tensor& map) {
    return map.flatten(2).transpose(1, 2).unsqueeze(1);
  };
  const auto seen = attend(line(query(normed)), line(key(normed)), line(value(normed)));
  return x + out(seen.transpose(1, 2).reshape(x.sizes()));
}

VqDecoder::VqDecoder(const VqDecoderConfig& config, const WeightScope& weights)
    : config_(config),
      codebook_(weights.scope("quantize").scope("embedding"),
                {.count = config.num_embeddings, .size = config.embed_dim}),
      post_quant_conv_(
          conv1(weights.scope("post_quant_conv"), config.embed_dim, config.latent_channels)),
      conv_in_(
          conv3(decoder_of(weights, "conv_in"), config.latent_channels, lowest_channels(config))),
      mid_block_1_(decoder_of(weights, "mid").scope("block_1"), lowest_channels(config),
                   lowest_channels(config)),
      mid_attention_(decoder_of(weights, "mid").scope("attn_1"), lowest_channels(config)),
      mid_block_2_(decoder_of(weights, "mid").scope("block_2"), lowest_channels(config),
                   lowest_channels(config)),
      norm_out_(decoder_of(weights, "norm_out"), channels_at(config, 0)),
      conv_out_(conv3(decoder_of(weights, "conv_out"), channels_at(config, 0), kColours)) {
  const auto count = config.channel_multiplier.size();
  auto in = lowest_channels(config);
  for (std::size_t i = 0; i < count; ++i) {
    const auto scope = decoder_of(weights, "up").scope(std::to_string(i));
    const auto out = channels_at(config, count - 1 - i);
    Level level;
    for (std::int64_t block = 0; block <= config.num_res_blocks; ++block, in = out) {
      const auto name = std::to_string(block);
      level.blocks.emplace_back(scope.scope("block").scope(name), in, out);
      if (i == 0) {
        level.attention.emplace_back(scope.scope("attn").scope(name), out);
      }
    }
    if (i + 1 < count) {
      level.upsample = conv3(scope.scope("upsample").scope("conv"), out, out);
    }
    levels_.push_back(std::move(level));
  }
  weights.ignore("encoder");
  weights.ignore("quant_conv");
}

at::Tensor VqDecoder::operator()(const at::Tensor& codes) const {
  const auto side = config_.num_patches;
  require(codes.sizes() == at::IntArrayRef({side * side}), ErrorCode::invalid_argument,
          "codes must be [{}], got {}", side * side, shape_string(codes));
  auto vectors = codebook_(codes);  // [side^2, embed_dim]
  vectors = vectors / vectors.norm(2, {1}, /*keepdim=*/true).clamp_min(kVectorEps);
  auto x = post_quant_conv_(vectors.t().reshape({1, config_.embed_dim, side, side}));
  x = mid_block_2_(mid_attention_(mid_block_1_(conv_in_(x))));
  for (const Level& level : levels_) {
    for (std::size_t i = 0; i < level.blocks.size(); ++i) {
      x = level.blocks[i](x);
      if (!level.attention.empty()) {
        x = level.attention[i](x);
      }
    }
    if (level.upsample) {
      x = (*level.upsample)(at::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)}));
    }
  }
  return conv_out_(at::silu(norm_out_(x))).squeeze(0).to(at::kFloat);
}

}  // namespace ogam
