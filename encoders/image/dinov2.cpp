#include "encoders/image/dinov2.h"

#include <ATen/ATen.h>

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "encoders/batching.h"

namespace ogam {

namespace {

constexpr std::size_t kImageBatch = 8;
constexpr std::int64_t kMaxMlpRatio = 64;
constexpr std::int64_t kMaxRegisters = 1024;
constexpr const char* kWithRegisters = "dinov2_with_registers";

/// How to train it, and how to use it as a backbone of others.
const std::set<std::string> kIgnoredKeys = {
    "apply_layernorm", "drop_path_rate",        "layerscale_value", "out_features",
    "out_indices",     "reshape_hidden_states", "stage_names",      "use_mask_token"};

}  // namespace

Dinov2::Config Dinov2::Config::parse(const ConfigReader& reader) {
  const auto model_type = reader.text("model_type", "dinov2");
  const bool with_registers = model_type == kWithRegisters;
  if (!with_registers) {
    reader.demand<std::string>("model_type", "dinov2");
  }
  reader.demand_or_absent("qkv_bias", true);
  PreNormConfig::Defaults defaults = {
      .hidden_size = 768, .num_attention_heads = 12, .layer_norm_eps = 1e-6, .hidden_act = "gelu"};
  // The file names the MLP's size by its ratio to the width.
  constexpr std::int64_t kMaxWidth = 65536;
  defaults.intermediate_size = reader.size("hidden_size", kMaxWidth, defaults.hidden_size) *
                               reader.size("mlp_ratio", kMaxMlpRatio, 4);
  reader.demand_or_absent("intermediate_size", defaults.intermediate_size);
  return {
      .layers = PreNormConfig::parse(reader, defaults),
      .patches = PatchGridConfig::parse(reader, {.patch_size = with_registers ? 16 : 14}),
      .use_swiglu_ffn = reader.flag("use_swiglu_ffn", false),
      .num_register_tokens =
          with_registers ? reader.size("num_register_tokens", kMaxRegisters, 4) : 0,
      .antialias = with_registers,
  };
}

std::int64_t Dinov2::Config::swiglu_size() const {
  constexpr std::int64_t kMultiple = 8;
  const auto two_thirds = layers.intermediate_size * 2 / 3;
  return (two_thirds + kMultiple - 1) / kMultiple * kMultiple;
}

Dinov2::SwiGlu::SwiGlu(const WeightScope& weights, const Config& config)
    : weights_in_(weights.scope("weights_in"),
                  {.in = config.layers.hidden_size, .out = 2 * config.swiglu_size()}),
      weights_out_(weights.scope("weights_out"),
                   {.in = config.swiglu_size(), .out = config.layers.hidden_size}) {}

at::Tensor Dinov2::SwiGlu::operator()(const at::Tensor& x) const {
  const auto halves = weights_in_(x).chunk(2, -1);
  return weights_out_(at::silu(halves[0]) * halves[1]);
}

Dinov2::Layer::Layer(const WeightScope& weights, const Config& config)
    : norm1(weights.scope("norm1"),
            {.size = config.layers.hidden_size, .eps = config.layers.layer_norm_eps}),
      attention(weights.scope("attention"),
                {.size = config.layers.hidden_size,
                 .heads = config.layers.num_attention_heads,
                 .names = {"attention.query", "attention.key", "attention.value", "output.dense"}}),
      layer_scale1(weights.scope("layer_scale1").get("lambda1", {config.layers.hidden_size})),
      norm2(weights.scope("norm2"),
            {.size = config.layers.hidden_size, .eps = config.layers.layer_norm_eps}),
      layer_scale2(weights.scope("layer_scale2").get("lambda1", {config.layers.hidden_size})) {
  if (config.use_swiglu_ffn) {
    mlp = SwiGlu(weights.scope("mlp"), config);
  } else {
    mlp = Mlp(weights.scope("mlp"), {.size = config.layers.hidden_size,
                                     .intermediate = config.layers.intermediate_size,
                                     .activation = config.layers.hidden_act});
  }
}

at::Tensor Dinov2::Layer::operator()(const at::Tensor& x) const {
  const auto attended = x + attention(norm1(x)) * layer_scale1;
  return attended + mlp(norm2(attended)) * layer_scale2;
}

Dinov2::Dinov2(const WeightScope& weights, const Config& config, ImageProcessor processor)
    : config_(config),
      cls_token_(weights.scope("embeddings").get("cls_token", {1, 1, config.layers.hidden_size})),
      patch_embedding_(
          weights.scope("embeddings").scope("patch_embeddings").scope("projection"),
          {.patch_size = config.patches.patch_size, .size = config.layers.hidden_size}),
      position_embeddings_(
          weights.scope("embeddings")
              .get("position_embeddings", {1, 1 + config.patches.grid() * config.patches.grid(),
                                           config.layers.hidden_size})),
      layernorm_(weights.scope("layernorm"),
                 {.size = config.layers.hidden_size, .eps = config.layers.layer_norm_eps}),
      processor_(std::move(processor)) {
  weights.ignore("embeddings.mask_token");  // for training
  if (config.num_register_tokens > 0) {
    register_tokens_ =
        weights.scope("embeddings")
            .get("register_tokens", {1, config.num_register_tokens, config.layers.hidden_size});
  }
  const auto layers = weights.scope("encoder").scope("layer");
  for (std::int64_t i = 0; i < config.layers.num_hidden_layers; ++i) {
    layers_.emplace_back(layers.scope(std::to_string(i)), config);
  }
}

std::vector<EncoderOutputInfo> Dinov2::outputs() const {
  return {{"embedding", static_cast<int>(config_.layers.hidden_size)}};
}

/// The positions [1, height * width, D] of so many patches.
at::Tensor Dinov2::patch_positions(std::int64_t height, std::int64_t width) const {
  const auto side = config_.patches.grid();
  const auto learned = position_embeddings_.narrow(1, 1, side * side);
  if (height == side && width == side) {
    return learned;
  }
  const auto square = learned.to(at::kFloat).view({1, side, side, -1}).permute({0, 3, 1, 2});
  const auto stretched =
      config_.antialias
          ? at::_upsample_bicubic2d_aa(square, {height, width}, /*align_corners=*/false)
          : at::upsample_bicubic2d(square, {height, width}, /*align_corners=*/false);
  return stretched.flatten(2).transpose(1, 2).to(position_embeddings_.scalar_type());
}

at::Tensor Dinov2::embed(const at::Tensor& pixels) const {
  const auto patches = patch_embedding_(pixels);  // [N, P, D]
  const auto patch = config_.patches.patch_size;
  const auto placed = patches + patch_positions(pixels.size(2) / patch, pixels.size(3) / patch);
  const auto for_each = [&](const at::Tensor& tokens) {
    return tokens.expand({patches.size(0), -1, -1});
  };
  std::vector<at::Tensor> tokens = {for_each(cls_token_ + position_embeddings_.narrow(1, 0, 1))};
  if (register_tokens_.defined()) {
    tokens.push_back(for_each(register_tokens_));
  }
  tokens.push_back(placed);
  auto x = at::cat(tokens, 1);  // [N, 1 + R + P, D]
  for (const auto& layer : layers_) {
    x = layer(x);
  }
  return layernorm_(x.select(1, 0));
}

std::vector<EncoderOutput> Dinov2::encode(std::span<const Image> images) const {
  const auto& processor = processor_.config();
  // Where nothing is cut, pictures keep their shapes and do not fit into one tensor.
  const bool same_size = processor.do_center_crop || processor.size.exact.has_value();
  return embed_in_batches(images, same_size ? kImageBatch : 1, config_.layers.hidden_size,
                          [&](std::span<const Image> batch) { return embed(processor_(batch)); });
}

Encoders make_dinov2(Checkpoint& checkpoint) {
  const ConfigReader reader(checkpoint.config(), checkpoint.origin());
  const auto config = Dinov2::Config::parse(reader);
  reader.refuse_unread(kIgnoredKeys);
  return {.image = std::make_shared<Dinov2>(checkpoint.weights(), config,
                                            ImageProcessor::open(checkpoint.folder()))};
}

}  // namespace ogam
