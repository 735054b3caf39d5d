#include "encoders/video/transnet_v2.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/nn/batch_norm.h"
#include "core/nn/config_reader.h"
#include "core/tensor/shape.h"

namespace ogam {
namespace {

/// The length of a flattened frame after the stacks, each of which halves its sides.
std::int64_t flat_size(const TransNetV2Config& config) {
  const auto channels = static_cast<std::int64_t>(config.dilations.size()) *
                        (config.filters << (config.num_stacks - 1));
  return channels * (config.frame_height >> config.num_stacks) *
         (config.frame_width >> config.num_stacks);
}

/// The channels that all stacks give, together.
std::int64_t stacked_channels(const TransNetV2Config& config) {
  return static_cast<std::int64_t>(config.dilations.size()) * config.filters *
         ((std::int64_t{1} << config.num_stacks) - 1);
}

at::Tensor normalized(const at::Tensor& x) {
  return x / at::linalg_vector_norm(x, 2, {1}, /*keepdim=*/true).clamp_min(1e-12);
}

/// Histograms over 8 x 8 x 8 colours at length 1.
/// @param frames [T, H, W, 3] uint8.
/// @return [T, 512] float32.
at::Tensor colour_histograms(const at::Tensor& frames) {
  const auto frame_count = frames.size(0);
  const auto levels = frames.bitwise_right_shift(5).to(at::kLong).flatten(1, 2);  // [T, HW, 3]
  const auto bins = levels.select(2, 0) * 64 + levels.select(2, 1) * 8 + levels.select(2, 2);
  const auto counts = at::zeros({frame_count, 512}, at::kFloat)
                          .scatter_add_(1, bins, at::ones(bins.sizes(), at::kFloat));
  return normalized(counts);
}

}  // namespace

TransNetV2Config TransNetV2Config::parse(const Json& json, const std::string& origin) {
  const ConfigReader config(json, origin);
  config.demand<std::string>("model_type", "transnet_v2");
  config.demand("use_frame_similarity", true);
  config.demand("use_color_histograms", true);
  config.demand("use_many_hot_targets", true);
  TransNetV2Config parsed = {
      .frame_width = config.size("frame_width", 512),
      .frame_height = config.size("frame_height", 512),
      .filters = config.size("filters", 256),
      .num_stacks = config.size("num_stacks", 5),
      .blocks_per_stack = config.size("blocks_per_stack", 16),
      .dilations = config.sizes("dilations", 64),
      .batch_norm_eps = config.number("batch_norm_eps", 0, 1),
      .hidden_size = config.size("hidden_size", 65536),
      .lookup_window = config.size("lookup_window", 1023),
      .similarity_dim = config.size("similarity_dim", 4096),
      .output_dim = config.size("output_dim", 4096),
      .window = config.size("window", 1000),
      .stride = config.size("stride", 1000),
      .threshold = config.number("threshold", 0, 1),
  };
  require(parsed.lookup_window % 2 == 1, ErrorCode::corrupt_data,
          "{}: \"lookup_window\" must be odd, got {}", origin, parsed.lookup_window);
  require(parsed.stride < parsed.window && (parsed.window - parsed.stride) % 2 == 0,
          ErrorCode::corrupt_data,
          "{}: a window of {} frames has no middle of {} (\"stride\") frames with as many before "
          "as after it",
          origin, parsed.window, parsed.stride);
  require(
      parsed.frame_width >> parsed.num_stacks >= 1 && parsed.frame_height >> parsed.num_stacks >= 1,
      ErrorCode::corrupt_data, "{}: frames of {} x {} pixels are too small for {} stacks", origin,
      parsed.frame_width, parsed.frame_height, parsed.num_stacks);
  return parsed;
}

TransNetV2::TransNetV2(const TransNetV2Config& config, const WeightScope& weights)
    : config_(config),
      similarity_projection_(weights.scope("frame_sim_layer").scope("projection"),
                             {.in = stacked_channels(config), .out = config.similarity_dim}),
      similarity_fc_(weights.scope("frame_sim_layer").scope("fc"),
                     {.in = config.lookup_window, .out = config.output_dim}),
      histogram_fc_(weights.scope("color_hist_layer").scope("fc"),
                    {.in = config.lookup_window, .out = config.output_dim}),
      fc1_(weights.scope("fc1"),
           {.in = flat_size(config) + 2 * config.output_dim, .out = config.hidden_size}),
      cut_(weights.scope("cls_layer1"), {.in = config.hidden_size, .out = 1}),
      transition_(weights.scope("cls_layer2"), {.in = config.hidden_size, .out = 1}) {
  const auto branches = static_cast<std::int64_t>(config.dilations.size());
  std::int64_t channels = 3;
  for (std::int64_t s = 0; s < config.num_stacks; ++s) {
    const auto filters = config.filters << s;
    std::vector<Block> blocks;
    for (std::int64_t b = 0; b < config.blocks_per_stack; ++b) {
      blocks.push_back(
          make_block(weights.scope(fmt::format("SDDCNN.{}.DDCNN.{}", s, b)), channels, filters));
      channels = branches * filters;
    }
    stacks_.push_back(std::move(blocks));
  }
}

TransNetV2::Block TransNetV2::make_block(const WeightScope& weights, std::int64_t in,
                                         std::int64_t filters) const {
  const auto branches = static_cast<std::int64_t>(config_.dilations.size());
  const BatchNorm norm(weights.scope("bn"),
                       {.channels = branches * filters, .eps = config_.batch_norm_eps});
  Block block;
  block.shift = norm.shift();
  std::vector<at::Tensor> spatial;
  std::vector<at::Tensor> temporal;
  for (const auto dilation : config_.dilations) {
    const auto layers = weights.scope(fmt::format("Conv3D_{}.layers", dilation));
    spatial.push_back(layers.get("0.weight", {2 * filters, in, 1, 3, 3}).squeeze(2));
    temporal.push_back(layers.get("1.weight", {filters, 2 * filters, 3, 1, 1}).squeeze(4));
    if (!is_stored(spatial.back()) || !is_stored(temporal.back())) {
      return block;
    }
  }
  block.spatial = at::cat(spatial).contiguous(at::MemoryFormat::ChannelsLast);
  const auto folded = norm.fold(at::cat(temporal)).split(filters);
  for (std::size_t i = 0; i < folded.size(); ++i) {
    block.branches.push_back(
        {folded[i].contiguous(at::MemoryFormat::ChannelsLast), config_.dilations[i]});
  }
  return block;
}

at::Tensor TransNetV2::Block::operator()(const at::Tensor& x) const {
  const auto frames = x.size(0);
  const auto height = x.size(2);
  const auto width = x.size(3);
  const auto convolve = [](const at::Tensor& input, const at::Tensor& weight,
                           const at::Tensor& bias, at::IntArrayRef padding,
                           at::IntArrayRef dilation) {
    return at::convolution(input, weight, bias, {1, 1}, padding, dilation, /*transposed=*/false,
                           {0, 0}, /*groups=*/1);
  };
  // Channels are innermost in memory, so [T, C, H, W] and [1, C, T, HW] are the same bytes: first
  // the frames are pictures to convolve, then time is the height of a single picture.
  const auto in_space = convolve(x, spatial, {}, {1, 1}, {1, 1});
  const auto in_time = in_space.permute({0, 2, 3, 1})
                           .reshape({1, frames, height * width, in_space.size(1)})
                           .permute({0, 3, 1, 2});
  const auto slices = in_time.chunk(static_cast<std::int64_t>(branches.size()), 1);
  const auto shifts = shift.chunk(static_cast<std::int64_t>(branches.size()));
  std::vector<at::Tensor> outputs;
  for (std::size_t i = 0; i < branches.size(); ++i) {
    const auto dilation = branches[i].dilation;
    outputs.push_back(convolve(slices[i].contiguous(at::MemoryFormat::ChannelsLast),
                               branches[i].weight, shifts[i], {dilation, 0}, {dilation, 1}));
  }
  return at::cat(outputs, 1)
      .permute({0, 2, 3, 1})
      .reshape({frames, height, width, -1})
      .permute({0, 3, 1, 2});
}

at::Tensor TransNetV2::compare(const at::Tensor& similarities, const Linear& fc) const {
  // Row t of the band holds the similarities of frame t with frames t - half to t + half, 0
  // outside.
  const auto frames = similarities.size(0);
  const auto half = config_.lookup_window / 2;
  const auto padded = at::constant_pad_nd(similarities, {half, half}, 0).contiguous();
  const auto band = padded.as_strided({frames, config_.lookup_window}, {padded.size(1) + 1, 1});
  return at::relu(fc(band));
}

TransNetV2::Output TransNetV2::forward(const at::Tensor& frames) const {
  require(frames.dim() == 4 && frames.size(0) >= 1 && frames.size(1) == config_.frame_height &&
              frames.size(2) == config_.frame_width && frames.size(3) == 3 &&
              frames.scalar_type() == at::kByte,
          ErrorCode::invalid_argument, "frames must be bytes [T, {}, {}, 3], got {}",
          config_.frame_height, config_.frame_width, shape_string(frames));
  const c10::InferenceMode no_gradients;
  auto x = frames.to(at::kFloat).div_(255).permute({0, 3, 1, 2});  // [T, 3, H, W]
  std::vector<at::Tensor> means;
  for (const auto& blocks : stacks_) {
    at::Tensor shortcut;
    for (const auto& block : blocks) {
      x = block(x).relu_();
      if (!shortcut.defined()) {
        shortcut = x;
      }
    }
    x = at::avg_pool2d(x + shortcut, {2, 2});
    means.push_back(x.mean({2, 3}));
  }
  const auto flat = x.permute({0, 2, 3, 1}).flatten(1);  // [T, H * W * C]
  const auto features = normalized(similarity_projection_(at::cat(means, 1)));
  const auto histograms = colour_histograms(frames);
  const auto hidden =
      at::relu(fc1_(at::cat({compare(histograms.mm(histograms.t()), histogram_fc_),
                             compare(features.mm(features.t()), similarity_fc_), flat},
                            1)));
  return {at::sigmoid(cut_(hidden)).squeeze(1), at::sigmoid(transition_(hidden)).squeeze(1)};
}

std::unique_ptr<TransNetV2> make_transnet_v2(Checkpoint& checkpoint) {
  const auto origin = display_path(checkpoint.folder() / "config.json");
  const auto config = TransNetV2Config::parse(checkpoint.config(), origin);
  auto model = std::make_unique<TransNetV2>(config, checkpoint.weights());
  checkpoint.finish();
  return model;
}

}  // namespace ogam
