#include "encoders/image/clip.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "core/base/error.h"
#include "encoders/batching.h"

namespace ogam {

namespace {

constexpr std::size_t kImageBatch = 8;
constexpr std::size_t kTextBatch = 32;
constexpr std::int64_t kMaxProjection = 65536;
constexpr std::int64_t kMaxTokenId = 1 << 24;

/// Files written before the end-of-text token was named rightly give this one; they read a text at
/// its highest id.
constexpr std::int64_t kLegacyEosTokenId = 2;

/// Where the state of a text is taken: the first end-of-text token.
std::int64_t end_position(const std::vector<std::int64_t>& ids, std::int64_t eos_token_id) {
  const auto end = eos_token_id == kLegacyEosTokenId
                       ? std::max_element(ids.begin(), ids.end())
                       : std::find(ids.begin(), ids.end(), eos_token_id);
  require(end != ids.end(), ErrorCode::corrupt_data,
          "the tokenizer gave a text without the token {} that config.json names as its end",
          eos_token_id);
  return end - ids.begin();
}

/// "text_config" or "vision_config". Some files have, beside it, the older form NAME_dict, which
/// the reference lets win.
ConfigReader tower_section(const ConfigReader& reader, const std::string& name) {
  const auto section = reader.section(name);
  const auto older = reader.section(name + "_dict");
  return reader.has(name + "_dict") ? older : section;
}

}  // namespace

ClipVisionTower::Config ClipVisionTower::Config::parse(const ConfigReader& reader) {
  reader.demand_or_absent<std::string>("model_type", "clip_vision_model");
  return {
      .layers = PreNormConfig::parse(reader, {.hidden_size = 768,
                                              .intermediate_size = 3072,
                                              .num_attention_heads = 12,
                                              .layer_norm_eps = 1e-5,
                                              .hidden_act = "quick_gelu"}),
      .patches = PatchGridConfig::parse(reader, {.patch_size = 32}),
  };
}

ClipVisionTower::ClipVisionTower(const WeightScope& weights, const Config& config)
    : patches_(config.patches),
      class_embedding_(
          weights.scope("embeddings").get("class_embedding", {config.layers.hidden_size})),
      patch_embedding_(weights.scope("embeddings").scope("patch_embedding"),
                       {.patch_size = config.patches.patch_size,
                        .size = config.layers.hidden_size,
                        .bias = false}),
      position_embedding_(weights.scope("embeddings")
                              .scope("position_embedding")
                              .get("weight", {1 + config.patches.grid() * config.patches.grid(),
                                              config.layers.hidden_size})),
      pre_layrnorm_(weights.scope("pre_layrnorm"),
                    {.size = config.layers.hidden_size, .eps = config.layers.layer_norm_eps}),
      encoder_(weights.scope("encoder"), config.layers),
      post_layernorm_(weights.scope("post_layernorm"),
                      {.size = config.layers.hidden_size, .eps = config.layers.layer_norm_eps}) {
  weights.ignore("embeddings.position_ids");  // 0, 1, 2, ... in older files
}

at::Tensor ClipVisionTower::forward(const at::Tensor& pixels) const {
  patches_.require_fitting(pixels);
  const auto patches = patch_embedding_(pixels);  // [N, P, D]
  const auto classes = class_embedding_.expand({patches.size(0), 1, patches.size(2)});
  const auto embedded = at::cat({classes, patches}, 1) + position_embedding_;
  const auto states = encoder_(pre_layrnorm_(embedded));
  return post_layernorm_(states.select(1, 0));
}

ClipImage::ClipImage(const WeightScope& weights, const WeightScope& tower, const Config& config,
                     ImageProcessor processor)
    : dimension_(config.projection_dim.value_or(config.tower.layers.hidden_size)),
      tower_(tower, config.tower),
      processor_(std::move(processor)) {
  if (config.projection_dim) {
    projection_.emplace(
        weights.scope("visual_projection"),
        Linear::Config{
            .in = config.tower.layers.hidden_size, .out = *config.projection_dim, .bias = false});
  }
}

std::vector<EncoderOutputInfo> ClipImage::outputs() const {
  return {{"embedding", static_cast<int>(dimension_)}};
}

at::Tensor ClipImage::embed(const at::Tensor& pixels) const {
  const auto pooled = tower_.forward(pixels);
  return projection_ ? (*projection_)(pooled) : pooled;
}

std::vector<EncoderOutput> ClipImage::encode(std::span<const Image> images) const {
  return embed_in_batches(images, kImageBatch, dimension_,
                          [&](std::span<const Image> batch) { return embed(processor_(batch)); });
}

ClipText::Config ClipText::Config::parse(const ConfigReader& reader, std::int64_t projection_dim) {
  reader.demand_or_absent<std::string>("model_type", "clip_text_model");
  return {
      .tower = TextTowerConfig::parse(reader, {.layers = {.hidden_size = 512,
                                                          .intermediate_size = 2048,
                                                          .num_attention_heads = 8,
                                                          .layer_norm_eps = 1e-5,
                                                          .hidden_act = "quick_gelu"},
                                               .vocab_size = 49408,
                                               .max_position_embeddings = 77}),
      .projection_dim = projection_dim,
      .eos_token_id = reader.size("eos_token_id", kMaxTokenId, 49407),
  };
}

ClipText::ClipText(const WeightScope& weights, const Config& config, Tokenizer tokenizer)
    : config_(config),
      tower_(weights.scope("text_model"), config.tower),
      projection_(
          weights.scope("text_projection"),
          {.in = config.tower.layers.hidden_size, .out = config.projection_dim, .bias = false}),
      logit_scale_(std::exp(weights.get("logit_scale", {}).item<double>())),
      tokenizer_(std::move(tokenizer)) {}

std::vector<EncoderOutputInfo> ClipText::outputs() const {
  return {{"embedding", static_cast<int>(config_.projection_dim)}};
}

at::Tensor ClipText::embed(std::span<const std::vector<std::int64_t>> texts) const {
  std::size_t longest = 0;  // tokens
  for (const auto& ids : texts) {
    longest = std::max(longest, ids.size());
  }
  // No token sees a later one, so what stands after a text's end does not matter to it.
  std::vector<std::int64_t> padded;
  std::vector<std::int64_t> ends;
  for (const auto& ids : texts) {
    ends.push_back(end_position(ids, config_.eos_token_id));
    padded.insert(padded.end(), ids.begin(), ids.end());
    padded.resize(ends.size() * longest, 0);
  }
  const auto count = static_cast<std::int64_t>(texts.size());
  const auto states = tower_.forward(at::tensor(padded, at::kLong).view({count, -1}), true);
  return projection_(states.index({at::arange(count), at::tensor(ends, at::kLong)}));
}

std::vector<EncoderOutput> ClipText::encode(std::span<const std::string> texts,
                                            std::string_view prompt) const {
  require_known_prompt(prompt, {});
  const auto length = static_cast<std::size_t>(config_.tower.max_position_embeddings);
  return embed_in_batches(texts, kTextBatch, config_.projection_dim,
                          [&](std::span<const std::string> batch) {
                            std::vector<std::vector<std::int64_t>> ids;
                            for (const auto& text : batch) {
                              const auto tokens = tokenizer_.encode(text, {.max_tokens = length});
                              ids.emplace_back(tokens.begin(), tokens.end());
                            }
                            return embed(ids);
                          });
}

Encoders make_clip(Checkpoint& checkpoint) {
  const ConfigReader reader(checkpoint.config(), checkpoint.origin());
  reader.demand<std::string>("model_type", "clip");
  const auto projection_dim = reader.size("projection_dim", kMaxProjection, 512);
  const auto text_section = tower_section(reader, "text_config");
  const auto vision_section = tower_section(reader, "vision_config");
  const auto text = ClipText::Config::parse(text_section, projection_dim);
  const ClipImage::Config image = {.tower = ClipVisionTower::Config::parse(vision_section),
                                   .projection_dim = projection_dim};
  // The towers' own projection_dim is for towers that stand alone.
  auto ignored = foreign_keys();
  ignored.insert("projection_dim");
  text_section.refuse_unread(ignored);
  vision_section.refuse_unread(ignored);
  reader.refuse_unread(foreign_keys());
  const auto weights = checkpoint.weights();
  return {
      .text = std::make_shared<ClipText>(weights, text, Tokenizer(checkpoint.folder())),
      .image = std::make_shared<ClipImage>(weights, weights.scope("vision_model"), image,
                                           ImageProcessor::open(checkpoint.folder())),
  };
}

Encoders make_clip_vision_model(Checkpoint& checkpoint) {
  const ConfigReader reader(checkpoint.config(), checkpoint.origin());
  ClipImage::Config config = {.tower = ClipVisionTower::Config::parse(reader),
                              .projection_dim = {}};
  const auto projection_dim = reader.size("projection_dim", kMaxProjection, 512);
  reader.refuse_unread(foreign_keys());
  const auto weights = checkpoint.weights();
  if (!weights.scope("visual_projection").empty()) {
    config.projection_dim = projection_dim;
  }
  return {.image = std::make_shared<ClipImage>(weights, lone_vision_tower(checkpoint), config,
                                               ImageProcessor::open(checkpoint.folder()))};
}

}  // namespace ogam
