#include "encoders/image/siglip.h"

#include <ATen/ATen.h>

#include <memory>
#include <utility>

#include "encoders/batching.h"
#include "encoders/image/siglip_text.h"
#include "encoders/image/text_tower.h"

namespace ogam {

namespace {

constexpr std::size_t kImageBatch = 8;

SiglipPatches::Config parse_with_head(const ConfigReader& reader) {
  reader.demand_or_absent("vision_use_head", true);
  return SiglipPatches::Config::parse(reader);
}

}  // namespace

SiglipPatches::Config SiglipPatches::Config::parse(const ConfigReader& reader) {
  reader.demand_or_absent<std::string>("model_type", "siglip_vision_model");
  return {
      .layers = PreNormConfig::parse(reader, {.hidden_size = 768,
                                              .intermediate_size = 3072,
                                              .num_attention_heads = 12,
                                              .layer_norm_eps = 1e-6,
                                              .hidden_act = "gelu_pytorch_tanh"}),
      .patches = PatchGridConfig::parse(reader, {.patch_size = 16}),
  };
}

SiglipPatches::SiglipPatches(const WeightScope& weights, const Config& config)
    : patches_(config.patches),
      patch_embedding_(
          weights.scope("embeddings").scope("patch_embedding"),
          {.patch_size = config.patches.patch_size, .size = config.layers.hidden_size}),
      position_embedding_(weights.scope("embeddings")
                              .scope("position_embedding")
                              .get("weight", {config.patches.grid() * config.patches.grid(),
                                              config.layers.hidden_size})),
      encoder_(weights.scope("encoder"), config.layers) {
  weights.ignore("embeddings.position_ids");  // 0, 1, 2, ... in older files
}

at::Tensor SiglipPatches::operator()(const at::Tensor& pixels) const {
  patches_.require_fitting(pixels);
  return encoder_(patch_embedding_(pixels) + position_embedding_);  // [N, P, D]
}

SiglipImage::SiglipImage(const WeightScope& weights, const Config& config, ImageProcessor processor)
    : config_(config),
      patches_(weights, config),
      post_layernorm_(weights.scope("post_layernorm"),
                      {.size = config.layers.hidden_size, .eps = config.layers.layer_norm_eps}),
      head_(weights.scope("head"), config.layers),
      processor_(std::move(processor)) {}

std::vector<EncoderOutputInfo> SiglipImage::outputs() const {
  return {{"embedding", static_cast<int>(config_.layers.hidden_size)}};
}

at::Tensor SiglipImage::embed(const at::Tensor& pixels) const {
  return head_(post_layernorm_(patches_(pixels)));
}

std::vector<EncoderOutput> SiglipImage::encode(std::span<const Image> images) const {
  return embed_in_batches(images, kImageBatch, config_.layers.hidden_size,
                          [&](std::span<const Image> batch) { return embed(processor_(batch)); });
}

Encoders make_siglip(Checkpoint& checkpoint) {
  const ConfigReader reader(checkpoint.config(), checkpoint.origin());
  reader.demand<std::string>("model_type", "siglip");
  const auto text_section = reader.section("text_config");
  const auto vision_section = reader.section("vision_config");
  const auto text = SiglipText::Config::parse(text_section, "siglip_text_model");
  const auto image = parse_with_head(vision_section);
  text_section.refuse_unread(foreign_keys());
  vision_section.refuse_unread(foreign_keys());
  reader.refuse_unread(foreign_keys());
  text.require_joint_space(image.layers.hidden_size, checkpoint.origin());
  const auto weights = checkpoint.weights();
  return {
      .text = std::make_shared<SiglipText>(weights, text,
                                           SiglipTokenizer(checkpoint.folder(), "siglip")),
      .image = std::make_shared<SiglipImage>(weights.scope("vision_model"), image,
                                             ImageProcessor::open(checkpoint.folder())),
  };
}

Encoders make_siglip_vision_model(Checkpoint& checkpoint) {
  const ConfigReader reader(checkpoint.config(), checkpoint.origin());
  const auto config = parse_with_head(reader);
  reader.refuse_unread(foreign_keys());
  return {.image = std::make_shared<SiglipImage>(lone_vision_tower(checkpoint), config,
                                                 ImageProcessor::open(checkpoint.folder()))};
}

}  // namespace ogam
