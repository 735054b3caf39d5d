#include "encoders/image/qwen3_vl_vision.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace ogam {

namespace {

constexpr double kNormEps = 1e-6;

std::int64_t patch_values(const Qwen3VlVisionConfig& config) {
  return config.in_channels * config.temporal_patch_size * config.patch_size * config.patch_size;
}

/// Where along one side of the table of positions the patches of a picture's side lie: the two
/// nearest entries and the weight of the second.
struct Taps {
  at::Tensor lower;   // integers
  at::Tensor upper;   // integers
  at::Tensor weight;  // float32
};

Taps taps_along(const at::Tensor& places, std::int64_t size, std::int64_t side) {
  const auto last = static_cast<double>(side - 1);
  const auto steps = static_cast<double>(std::max<std::int64_t>(size - 1, 1));
  const auto exact = places.to(at::kFloat) * last / steps;
  const auto floor = exact.floor();
  const auto lower = floor.to(at::kLong).clamp(0, side - 1);
  return {lower, (lower + 1).clamp_max(side - 1), exact - floor};
}

}  // namespace

Qwen3VlVision::Merger::Merger(const WeightScope& weights, const Qwen3VlVisionConfig& config,
                              bool norm_joined)
    : joined(config.hidden_size * config.spatial_merge_size * config.spatial_merge_size),
      norm_joined(norm_joined),
      norm(weights.scope("norm"),
           {.size = norm_joined ? joined : config.hidden_size, .eps = kNormEps}),
      mlp(weights, {.size = joined,
                    .intermediate = joined,
                    .activation = find_activation("gelu", "the merger"),
                    .names = {"linear_fc1", "linear_fc2"},
                    .out = config.out_hidden_size}) {}

at::Tensor Qwen3VlVision::Merger::operator()(const at::Tensor& x) const {
  return mlp(norm_joined ? norm(x.view({-1, joined})) : norm(x).view({-1, joined}));
}

Qwen3VlVision::Qwen3VlVision(const Qwen3VlVisionConfig& config, const WeightScope& weights)
    : config_(config),
      // The convolution over patches that do not overlap, as the linear layer that it is.
      patch_weight_(weights
                        .get("patch_embed.proj.weight",
                             {config.hidden_size, config.in_channels, config.temporal_patch_size,
                              config.patch_size, config.patch_size})
                        .flatten(1)),
      patch_bias_(weights.get("patch_embed.proj.bias", {config.hidden_size})),
      pos_embed_(weights.scope("pos_embed"), {.count = config.position_side * config.position_side,
                                              .size = config.hidden_size}),
      merger_(weights.scope("merger"), config, /*norm_joined=*/false),
      frequencies_(
          rotary_frequencies(config.hidden_size / config.num_heads / 2, config.rope_theta)) {
  const auto size = config.hidden_size;
  blocks_.reserve(config.depth);
  for (std::int64_t i = 0; i < config.depth; ++i) {
    const auto block = weights.scope("blocks." + std::to_string(i));
    blocks_.push_back({.norm1 = LayerNorm(block.scope("norm1"), {.size = size, .eps = kNormEps}),
                       .attention = SegmentAttention(block.scope("attn"),
                                                     {.size = size, .heads = config.num_heads}),
                       .norm2 = LayerNorm(block.scope("norm2"), {.size = size, .eps = kNormEps}),
                       .mlp = Mlp(block.scope("mlp"), {.size = size,
                                                       .intermediate = config.intermediate_size,
                                                       .activation = config.activation,
                                                       .names = {"linear_fc1", "linear_fc2"}})});
  }
  for (std::size_t i = 0; i < config.deepstack_visual_indexes.size(); ++i) {
    deepstack_mergers_.emplace_back(weights.scope("deepstack_merger_list." + std::to_string(i)),
                                    config, /*norm_joined=*/true);
  }
}

at::Tensor Qwen3VlVision::positions(const PatchGrid& grid) const {
  const auto places = merged_order(grid.rows, grid.columns, config_.spatial_merge_size);
  const auto side = config_.position_side;
  const auto rows = taps_along(places.rows, grid.rows, side);
  const auto columns = taps_along(places.columns, grid.columns, side);
  const auto corner = [&](const at::Tensor& row, const at::Tensor& column,
                          const at::Tensor& weight) {
    return pos_embed_(row * side + column) * weight.unsqueeze(1);
  };
  const auto bilinear =
      corner(rows.lower, columns.lower, (1 - rows.weight) * (1 - columns.weight)) +
      corner(rows.lower, columns.upper, (1 - rows.weight) * columns.weight) +
      corner(rows.upper, columns.lower, rows.weight * (1 - columns.weight)) +
      corner(rows.upper, columns.upper, rows.weight * columns.weight);
  return bilinear.repeat({grid.frames, 1});
}

VisualTokens Qwen3VlVision::operator()(const at::Tensor& patches,
                                       std::span<const PatchGrid> grids) const {
  require_patches(patches, grids, config_.spatial_merge_size, patch_values(config_));
  std::vector<at::Tensor> embedded;
  for (const PatchGrid& grid : grids) {
    embedded.push_back(positions(grid));
  }
  const auto rotation = patch_rotation(grids, config_.spatial_merge_size, frequencies_);
  const auto frames = frame_lengths(grids);
  auto x = at::linear(patches.to(patch_weight_.scalar_type()), patch_weight_, patch_bias_);
  x = x + at::cat(embedded).to(x.scalar_type());
  VisualTokens seen;
  const auto& stacked = config_.deepstack_visual_indexes;
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    const Block& block = blocks_[i];
    x = x + block.attention(block.norm1(x), rotation, frames);
    x = x + block.mlp(block.norm2(x));
    const auto next = seen.deepstack.size();
    if (next < stacked.size() && stacked[next] == static_cast<std::int64_t>(i)) {
      seen.deepstack.push_back(deepstack_mergers_[next](x));
    }
  }
  seen.tokens = merger_(x);
  return seen;
}

}  // namespace ogam
