#include "encoders/image/efficientnet_lite.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/nn/config_reader.h"
#include "core/nn/normalize_rows.h"

namespace ogam {
namespace {

constexpr std::int64_t kMaxChannels = 4096;

at::Tensor activate(at::Tensor x) { return at::relu6_(x); }

EfficientNetLiteConfig::Stage parse_stage(const Json& json, const std::string& origin) {
  const ConfigReader stage(json, origin);
  const EfficientNetLiteConfig::Stage parsed = {
      .kernel_size = stage.size("kernel_size", 11),
      .stride = stage.size("stride", 4),
      .expand_ratio = stage.size("expand_ratio", 16),
      .in_channels = stage.size("in_channels", kMaxChannels),
      .out_channels = stage.size("out_channels", kMaxChannels),
      .num_blocks = stage.size("num_blocks", 64),
  };
  require(parsed.in_channels * parsed.expand_ratio <= kMaxChannels, ErrorCode::corrupt_data,
          "{}: a stage expands {} channels by {}, beyond {}", origin, parsed.in_channels,
          parsed.expand_ratio, kMaxChannels);
  return parsed;
}

}  // namespace

EfficientNetLiteConfig EfficientNetLiteConfig::parse(const Json& json, const std::string& origin) {
  const ConfigReader config(json, origin);
  config.demand<std::string>("hidden_act", "relu6");
  config.demand<std::string>("padding", "same");
  config.demand<std::string>("interpolation", "bicubic");
  EfficientNetLiteConfig parsed = {
      .image_size = config.size("image_size", 4096),
      .crop_padding = static_cast<std::int64_t>(config.number("crop_padding", 0, 4096)),
      .pixel_mean = config.number("pixel_mean", 0, 255),
      .pixel_scale = config.number("pixel_scale", 1e-3, 1e3),
      .batch_norm_eps = config.number("batch_norm_eps", 0, 1),
      .stem_channels = config.size("stem_channels", kMaxChannels),
      .head_channels = config.size("head_channels", kMaxChannels),
      .num_labels = config.size("num_labels", 1'000'000),
      .stages = {},
      .posterior_top_k = static_cast<int>(config.size("posterior_top_k", 1'000'000)),
      .labels = {},
  };
  const auto stages = json_value<Json>(json, "stages", origin);
  require(stages.is_array() && !stages.empty() && stages.size() <= 64, ErrorCode::corrupt_data,
          "{}: \"stages\" must be a list of 1 to 64 stages", origin);
  auto channels = parsed.stem_channels;
  for (const auto& stage : stages) {
    parsed.stages.push_back(parse_stage(stage, origin));
    require(parsed.stages.back().in_channels == channels, ErrorCode::corrupt_data,
            "{}: a stage takes {} channels, the one before it gives {}", origin,
            parsed.stages.back().in_channels, channels);
    channels = parsed.stages.back().out_channels;
  }
  parsed.labels = read_labels(json, static_cast<int>(parsed.num_labels), origin);
  return parsed;
}

EfficientNetLite::EfficientNetLite(const EfficientNetLiteConfig& config, const WeightScope& weights)
    : config_(config),
      stem_(SameConv::with_batch_norm(
          weights.scope("stem"), {.in = 3, .out = config.stem_channels, .kernel = 3, .stride = 2},
          config.batch_norm_eps)),
      head_(SameConv::with_batch_norm(
          weights.scope("head"),
          {.in = config.stages.back().out_channels, .out = config.head_channels},
          config.batch_norm_eps)),
      classifier_(weights.scope("classifier"),
                  {.in = config.head_channels, .out = config.num_labels}) {
  const auto eps = config.batch_norm_eps;
  for (const auto& stage : config.stages) {
    for (std::int64_t i = 0; i < stage.num_blocks; ++i) {
      const auto block = weights.scope("blocks").scope(std::to_string(blocks_.size()));
      const auto in = i == 0 ? stage.in_channels : stage.out_channels;
      const auto stride = i == 0 ? stage.stride : 1;
      const auto hidden = in * stage.expand_ratio;
      std::optional<SameConv> expand;
      if (stage.expand_ratio != 1) {
        expand = SameConv::with_batch_norm(block.scope("expand"), {.in = in, .out = hidden}, eps);
      }
      blocks_.push_back(
          {.expand = expand,
           .depthwise = SameConv::with_batch_norm(block.scope("depthwise"),
                                                  {.in = hidden,
                                                   .out = hidden,
                                                   .kernel = stage.kernel_size,
                                                   .stride = stride,
                                                   .groups = hidden},
                                                  eps),
           .project = SameConv::with_batch_norm(block.scope("project"),
                                                {.in = hidden, .out = stage.out_channels}, eps),
           .residual = stride == 1 && in == stage.out_channels});
    }
  }
}

at::Tensor EfficientNetLite::Block::operator()(const at::Tensor& x) const {
  const auto hidden = expand ? activate((*expand)(x)) : x;
  auto out = project(activate(depthwise(hidden)));
  return residual ? out.add_(x) : out;
}

std::vector<EncoderOutputInfo> EfficientNetLite::outputs() const {
  return {{"posterior", static_cast<int>(config_.num_labels)},
          {"features", static_cast<int>(config_.head_channels)}};
}

std::vector<EncoderOutput> EfficientNetLite::encode(std::span<const Image> images) const {
  const c10::InferenceMode no_gradients;
  std::vector<at::Tensor> all_features = {at::empty({0, config_.head_channels})};
  std::vector<at::Tensor> all_logits = {at::empty({0, config_.num_labels})};
  for (const auto& image : images) {
    all_features.push_back(features(preprocess(image)));
    all_logits.push_back(logits(all_features.back()));
  }
  const auto probabilities = at::softmax(at::cat(all_logits), 1);
  return {{"posterior", posterior_vectors(probabilities, config_.posterior_top_k)},
          {"features", normalize_rows(at::cat(all_features))}};
}

at::Tensor EfficientNetLite::preprocess(const Image& image) const {
  require(image.width > 0 && image.height > 0, ErrorCode::invalid_argument,
          "a picture of {} x {} pixels cannot be encoded", image.width, image.height);
  const int short_edge = std::min(image.width, image.height);
  const double kept = static_cast<double>(config_.image_size) /
                      static_cast<double>(config_.image_size + config_.crop_padding);
  const int side = std::max(1, static_cast<int>(std::lround(short_edge * kept)));
  auto square = crop(image, (image.width - side) / 2, (image.height - side) / 2, {side, side});
  // [1, H, W, 3] in memory is what channels_last means, so the permutation moves nothing.
  const auto bytes =
      at::from_blob(square.pixels.data(), {1, side, side, 3}, at::kByte).permute({0, 3, 1, 2});
  // Bicubic with antialiasing, as Pillow scales: without it large pictures turn to noise.
  const auto scaled = at::_upsample_bicubic2d_aa(bytes, {config_.image_size, config_.image_size},
                                                 /*align_corners=*/false);
  return scaled.to(at::kFloat).sub_(config_.pixel_mean).div_(config_.pixel_scale);
}

at::Tensor EfficientNetLite::features(const at::Tensor& pixels) const {
  require(pixels.dim() == 4 && pixels.size(1) == 3, ErrorCode::invalid_argument,
          "pixels must be [N, 3, H, W], got {} dimensions", pixels.dim());
  auto x = activate(stem_(pixels.contiguous(at::MemoryFormat::ChannelsLast)));
  for (const auto& block : blocks_) {
    x = block(x);
  }
  return activate(head_(x)).mean({2, 3});
}

at::Tensor EfficientNetLite::logits(const at::Tensor& features) const {
  return classifier_(features);
}

Encoders make_efficientnet_lite(Checkpoint& checkpoint) {
  const auto origin = checkpoint.origin();
  const auto config = EfficientNetLiteConfig::parse(checkpoint.config(), origin);
  auto model = std::make_shared<EfficientNetLite>(config, checkpoint.weights());
  return {.image = std::move(model)};
}

}  // namespace ogam
