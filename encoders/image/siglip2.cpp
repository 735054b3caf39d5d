#include "encoders/image/siglip2.h"

#include <ATen/ATen.h>

#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/nn/attention.h"
#include "encoders/batching.h"
#include "encoders/image/siglip_text.h"
#include "encoders/image/text_tower.h"
#include "encoders/image/vision_tower.h"

namespace ogam {

namespace {

constexpr std::size_t kImageBatch = 8;
constexpr std::int64_t kColours = 3;
constexpr std::int64_t kMaxPatchSize = 1024;  // pixels a side
constexpr std::int64_t kMaxPositions = 1 << 20;

NaflexProcessor open_processor(const Checkpoint& checkpoint) {
  const auto config = ProcessorConfig::read(checkpoint.folder(), ProcessorKind::image);
  return NaflexProcessor(NaflexProcessor::Config::parse(config));
}

}  // namespace

Siglip2Image::Config Siglip2Image::Config::parse(const ConfigReader& reader) {
  reader.demand_or_absent<std::string>("model_type", "siglip2_vision_model");
  reader.demand_or_absent("vision_use_head", true);
  reader.demand_or_absent("num_channels", kColours);
  const auto positions = reader.size("num_patches", kMaxPositions, 256);
  const auto side = std::llround(std::sqrt(static_cast<double>(positions)));
  require(side * side == positions, ErrorCode::corrupt_data,
          "{}: \"num_patches\" is {}, expected a square number", reader.origin(), positions);
  return {
      .layers = PreNormConfig::parse(reader, {.hidden_size = 768,
                                              .intermediate_size = 3072,
                                              .num_attention_heads = 12,
                                              .layer_norm_eps = 1e-6,
                                              .hidden_act = "gelu_pytorch_tanh"}),
      .patch_size = reader.size("patch_size", kMaxPatchSize, 16),
      .position_grid_side = side,
  };
}

Siglip2Image::Siglip2Image(const WeightScope& weights, const Config& config,
                           NaflexProcessor processor)
    : config_(config),
      patch_embedding_(weights.scope("embeddings").scope("patch_embedding"),
                       {.in = config.patch_size * config.patch_size * kColours,
                        .out = config.layers.hidden_size}),
      position_embedding_(weights.scope("embeddings")
                              .scope("position_embedding")
                              .get("weight", {config.position_grid_side * config.position_grid_side,
                                              config.layers.hidden_size})),
      encoder_(weights.scope("encoder"), config.layers),
      post_layernorm_(weights.scope("post_layernorm"),
                      {.size = config.layers.hidden_size, .eps = config.layers.layer_norm_eps}),
      head_(weights.scope("head"), config.layers),
      processor_(std::move(processor)) {
  const auto patch_size = processor_.config().budget.patch_size;
  require(patch_size == config.patch_size, ErrorCode::corrupt_data,
          "the preprocessor cuts patches of {} pixels a side, config.json says {}", patch_size,
          config.patch_size);
}

std::vector<EncoderOutputInfo> Siglip2Image::outputs() const {
  return {{"embedding", static_cast<int>(config_.layers.hidden_size)}};
}

/// The positions [height * width, D] of a picture of so many patches.
at::Tensor Siglip2Image::positions(std::int64_t height, std::int64_t width) const {
  const auto side = config_.position_grid_side;
  const auto square =
      position_embedding_.to(at::kFloat).view({1, side, side, -1}).permute({0, 3, 1, 2});
  const auto stretched =
      at::_upsample_bilinear2d_aa(square, {height, width}, /*align_corners=*/false);
  return stretched.flatten(2).squeeze(0).t().to(position_embedding_.scalar_type());
}

at::Tensor Siglip2Image::embed(const NaflexProcessor::Batch& pictures) const {
  const auto& shapes = pictures.spatial_shapes;  // [N, 2]
  const auto counts = shapes.prod(1);            // patches of each picture
  const auto most = counts.max().item<std::int64_t>();
  const auto count = pictures.pixel_values.size(1);
  require(most <= count && at::equal(counts, pictures.pixel_attention_mask.sum(1)),
          ErrorCode::invalid_argument, "pictures of up to {} patches, their shapes say {}", count,
          most);
  // What no picture of the batch reaches is left out.
  const auto values = pictures.pixel_values.narrow(1, 0, most);
  std::vector<at::Tensor> places;
  for (std::int64_t i = 0; i < shapes.size(0); ++i) {
    const auto stretched =
        positions(shapes[i][0].item<std::int64_t>(), shapes[i][1].item<std::int64_t>());
    places.push_back(at::constant_pad_nd(stretched, {0, 0, 0, most - stretched.size(0)}));
  }
  const auto embedded =
      patch_embedding_(values.to(position_embedding_.scalar_type())) + at::stack(places);
  const auto mask = key_mask(pictures.pixel_attention_mask.narrow(1, 0, most));
  return head_(post_layernorm_(encoder_(embedded, mask)), mask);  // [N, D]
}

std::vector<EncoderOutput> Siglip2Image::encode(std::span<const Image> images) const {
  return embed_in_batches(images, kImageBatch, config_.layers.hidden_size,
                          [&](std::span<const Image> batch) { return embed(processor_(batch)); });
}

Encoders make_siglip2(Checkpoint& checkpoint) {
  const ConfigReader reader(checkpoint.config(), checkpoint.origin());
  reader.demand<std::string>("model_type", "siglip2");
  const auto text_section = reader.section("text_config");
  const auto vision_section = reader.section("vision_config");
  const auto text = SiglipText::Config::parse(text_section, "siglip2_text_model");
  const auto image = Siglip2Image::Config::parse(vision_section);
  text_section.refuse_unread(foreign_keys());
  vision_section.refuse_unread(foreign_keys());
  reader.refuse_unread(foreign_keys());
  text.require_joint_space(image.layers.hidden_size, checkpoint.origin());
  const auto weights = checkpoint.weights();
  return {
      .text = std::make_shared<SiglipText>(weights, text,
                                           SiglipTokenizer(checkpoint.folder(), "siglip2")),
      .image = std::make_shared<Siglip2Image>(weights.scope("vision_model"), image,
                                              open_processor(checkpoint)),
  };
}

Encoders make_siglip2_vision_model(Checkpoint& checkpoint) {
  const ConfigReader reader(checkpoint.config(), checkpoint.origin());
  const auto config = Siglip2Image::Config::parse(reader);
  reader.refuse_unread(foreign_keys());
  return {.image = std::make_shared<Siglip2Image>(lone_vision_tower(checkpoint), config,
                                                  open_processor(checkpoint))};
}

}  // namespace ogam
