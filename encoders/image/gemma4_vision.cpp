#include "encoders/image/gemma4_vision.h"

#include <ATen/ATen.h>

#include <array>
#include <cmath>
#include <string>

#include "core/base/error.h"
#include "core/tensor/shape.h"

namespace ogam {

namespace {

constexpr std::int64_t kMaxSize = 1 << 16;
constexpr std::int64_t kMaxLayers = 1024;
constexpr std::int64_t kMaxPatch = 256;
constexpr std::int64_t kMaxPooling = 64;
constexpr double kMaxTheta = 1e12;
constexpr std::int64_t kChannels = 3;

}  // namespace

Gemma4VisionConfig Gemma4VisionConfig::parse(const ConfigReader& config) {
  Gemma4VisionConfig parsed;
  config.demand_or_absent("model_type", std::string("gemma4_vision"));
  parsed.block = {.size = config.size("hidden_size", kMaxSize, 768),
                  .intermediate = config.size("intermediate_size", kMaxSize, 3072),
                  .heads = config.size("num_attention_heads", kMaxSize, 12),
                  .kv_heads = config.size("num_key_value_heads", kMaxSize, 12),
                  .head_size = config.size("head_dim", kMaxSize, 64),
                  .eps = config.number("rms_norm_eps", 0, 1, 1e-6),
                  .activation = find_activation(
                      config.text("hidden_activation", "gelu_pytorch_tanh"), config.origin()),
                  .form = config.flag("use_clipped_linears", false) ? LinearForm::clipped
                                                                    : LinearForm::wrapped};
  require_gemma_heads(parsed.block, /*coordinates=*/2, config.origin());
  parsed.num_hidden_layers = config.size("num_hidden_layers", kMaxLayers, 16);
  parsed.patch_size = config.size("patch_size", kMaxPatch, 16);
  parsed.pooling_kernel_size = config.size("pooling_kernel_size", kMaxPooling, 3);
  parsed.position_embedding_size = config.size("position_embedding_size", kMaxSize, 10240);
  parsed.standardize = config.flag("standardize", false);
  config.demand_or_absent("attention_bias", false);
  const auto rope = config.section("rope_parameters");
  rope.demand_or_absent("rope_type", std::string("axial"));
  parsed.rope_theta = rope.number("rope_theta", 1, kMaxTheta, 100.0);
  rope.refuse_unread();
  // How far positions may go is what the table of positions says.
  config.refuse_unread({"max_position_embeddings"});
  return parsed;
}

Gemma4Vision::Gemma4Vision(const Gemma4VisionConfig& config, const WeightScope& weights)
    : config_(config),
      input_(weights.scope("patch_embedder").scope("input_proj"),
             {.in = config.patch_size * config.patch_size * kChannels,
              .out = config.block.size,
              .bias = false}),
      positions_(weights.scope("patch_embedder")
                     .get("position_embedding_table",
                          {2, config.position_embedding_size, config.block.size})),
      frequencies_(rotary_frequencies(config.block.head_size / 2, config.rope_theta)) {
  const auto layers = weights.scope("encoder").scope("layers");
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    layers_.emplace_back(layers.scope(std::to_string(i)), config.block);
  }
  if (config.standardize) {
    std_bias_ = weights.get("std_bias", {config.block.size});
    std_scale_ = weights.get("std_scale", {config.block.size});
  }
}

at::Tensor Gemma4Vision::forward(const at::Tensor& patches, const Grid& grid) const {
  const auto pooling = config_.pooling_kernel_size;
  for (const auto side : {grid.rows, grid.columns}) {
    require(side > 0 && side % pooling == 0 && side <= config_.position_embedding_size,
            ErrorCode::invalid_argument,
            "a picture of {} x {} patches; its sides must be multiples of {} up to {}",
            grid.columns, grid.rows, pooling, config_.position_embedding_size);
  }
  const auto values = config_.patch_size * config_.patch_size * kChannels;
  require(patches.dim() == 3 && patches.size(1) == grid.rows * grid.columns &&
              patches.size(2) == values,
          ErrorCode::invalid_argument, "patches must be [B, {}, {}], got {}",
          grid.rows * grid.columns, values, shape_string(patches));

  const auto by_column = positions_.select(0, 0).narrow(0, 0, grid.columns).unsqueeze(0);
  const auto by_row = positions_.select(0, 1).narrow(0, 0, grid.rows).unsqueeze(1);
  auto x = input_((2 * (patches - 0.5)).to(positions_.scalar_type())) +
           (by_column + by_row).flatten(0, 1);  // [B, rows * columns, D]

  const auto columns = at::arange(grid.columns, at::kLong).repeat({grid.rows});
  const auto rows = at::arange(grid.rows, at::kLong).repeat_interleave(grid.columns);
  const std::array rotations = {rotation_at(columns, frequencies_),
                                rotation_at(rows, frequencies_)};
  for (const auto& layer : layers_) {
    x = layer(x, rotations, std::nullopt);
  }
  return pool(x, grid);
}

at::Tensor Gemma4Vision::pool(const at::Tensor& x, const Grid& grid) const {
  const auto side = config_.pooling_kernel_size;
  const auto squares = x.view({x.size(0), grid.rows / side, side, grid.columns / side, side, -1});
  // Rounded to the precision before it is scaled in float32, as in the reference.
  auto soft = squares.to(at::kFloat).mean({2, 4}).flatten(1, 2).to(x.scalar_type());
  soft = soft.to(at::kFloat) * std::sqrt(static_cast<double>(config_.block.size));
  if (config_.standardize) {
    soft = (soft - std_bias_.to(at::kFloat)) * std_scale_.to(at::kFloat);
  }
  return soft.to(x.scalar_type());
}

}  // namespace ogam
