#include "encoders/image/qwen2_5_vl_vision.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string>

#include "core/base/error.h"
#include "core/nn/qwen3_vl_config.h"
#include "core/nn/rope.h"

namespace ogam {

namespace {

constexpr double kNormEps = 1e-6;
constexpr std::int64_t kMaxSize = 1 << 17;
constexpr std::int64_t kMaxBlocks = 512;
constexpr std::int64_t kMaxPatchSize = 256;
constexpr std::int64_t kMaxMergeSize = 16;
constexpr std::int64_t kMaxWindow = 1 << 14;  // pixels

/// Tokens in the order in which those of a window follow each other, windows row by row within each
/// frame.
struct Windows {
  at::Tensor order;                   // [tokens] integers
  std::vector<std::int64_t> lengths;  // patches of each window
};

Windows windows_of(std::span<const PatchGrid> grids, std::int64_t merge, std::int64_t side) {
  std::vector<std::int64_t> order;
  Windows windows;
  std::int64_t frame = 0;  // its first token
  for (const PatchGrid& grid : grids) {
    const auto rows = grid.rows / merge;
    const auto columns = grid.columns / merge;
    for (std::int64_t i = 0; i < grid.frames; ++i, frame += rows * columns) {
      for (std::int64_t top = 0; top < rows; top += side) {
        for (std::int64_t left = 0; left < columns; left += side) {
          const auto bottom = std::min(top + side, rows);
          const auto right = std::min(left + side, columns);
          for (std::int64_t row = top; row < bottom; ++row) {
            for (std::int64_t column = left; column < right; ++column) {
              order.push_back(frame + row * columns + column);
            }
          }
          windows.lengths.push_back((bottom - top) * (right - left) * merge * merge);
        }
      }
    }
  }
  windows.order = at::tensor(order, at::kLong);
  return windows;
}

}  // namespace

Qwen25VlVisionConfig Qwen25VlVisionConfig::parse(const ConfigReader& config) {
  Qwen25VlVisionConfig parsed;
  // Earlier files give the tower the name of the whole model.
  const auto type = config.text("model_type", "qwen2_5_vl_vision");
  require(type == "qwen2_5_vl_vision" || type == "qwen2_5_vl", ErrorCode::unsupported,
          "{}: \"model_type\" is \"{}\"; only \"qwen2_5_vl_vision\" is implemented",
          config.origin(), type);
  parsed.depth = config.size("depth", kMaxBlocks, 32);
  parsed.hidden_size = config.size("hidden_size", kMaxSize, 3584);
  parsed.intermediate_size = config.size("intermediate_size", kMaxSize, 3420);
  parsed.num_heads = config.size("num_heads", kMaxSize, 16);
  for (const auto* const key : {"in_channels", "in_chans"}) {  // of today, and of earlier files
    config.demand_or_absent(key, parsed.in_channels);
  }
  parsed.patch_size = config.size("patch_size", kMaxPatchSize, 14);
  // Earlier files say the same twice.
  config.demand_or_absent("spatial_patch_size", parsed.patch_size);
  parsed.spatial_merge_size = config.size("spatial_merge_size", kMaxMergeSize, 2);
  parsed.temporal_patch_size = config.size("temporal_patch_size", kMaxMergeSize, 2);
  parsed.out_hidden_size = config.size("out_hidden_size", kMaxSize, 3584);
  const auto window = config.size("window_size", kMaxWindow, 112);
  parsed.window = window / parsed.spatial_merge_size / parsed.patch_size;
  parsed.activation = find_activation(config.text("hidden_act", "silu"), config.origin());
  parsed.fullatt_block_indexes =
      config.indexes("fullatt_block_indexes", parsed.depth, {7, 15, 23, 31});
  parsed.rope_theta = axial_rope_theta(config);
  config.refuse_unread({"tokens_per_second"});  // of positions that this use has not
  require(parsed.window >= 1, ErrorCode::corrupt_data,
          "{}: a window of {} pixels holds no token of {} patches of {} pixels", config.origin(),
          window, parsed.spatial_merge_size, parsed.patch_size);
  // A quarter of a head's channels turns by row, a quarter by column, each paired with another.
  require(parsed.hidden_size % (4 * parsed.num_heads) == 0, ErrorCode::corrupt_data,
          "{}: {} heads do not divide \"hidden_size\" {} into heads of a multiple of 4",
          config.origin(), parsed.num_heads, parsed.hidden_size);
  return parsed;
}

Qwen25VlVision::Qwen25VlVision(const Qwen25VlVisionConfig& config, const WeightScope& weights)
    : config_(config),
      // The convolution over patches that do not overlap, as the linear layer that it is.
      patch_weight_(weights
                        .get("patch_embed.proj.weight",
                             {config.hidden_size, config.in_channels, config.temporal_patch_size,
                              config.patch_size, config.patch_size})
                        .flatten(1)),
      merger_norm_(weights.scope("merger.ln_q"), {.size = config.hidden_size, .eps = kNormEps}),
      merger_(weights.scope("merger.mlp"),
              {.size = config.hidden_size * config.spatial_merge_size * config.spatial_merge_size,
               .intermediate =
                   config.hidden_size * config.spatial_merge_size * config.spatial_merge_size,
               .activation = find_activation("gelu", "the merger"),
               .names = {"0", "2"},
               .out = config.out_hidden_size}),
      frequencies_(
          rotary_frequencies(config.hidden_size / config.num_heads / 2, config.rope_theta)) {
  const auto size = config.hidden_size;
  const auto& full = config.fullatt_block_indexes;
  blocks_.reserve(config.depth);
  for (std::int64_t i = 0; i < config.depth; ++i) {
    const auto block = weights.scope("blocks." + std::to_string(i));
    blocks_.push_back(
        {.norm1 = RmsNorm(block.scope("norm1"), {.size = size, .eps = kNormEps}),
         .attention =
             SegmentAttention(block.scope("attn"), {.size = size, .heads = config.num_heads}),
         .norm2 = RmsNorm(block.scope("norm2"), {.size = size, .eps = kNormEps}),
         .mlp = GatedMlp(block.scope("mlp"), {.size = size,
                                              .intermediate = config.intermediate_size,
                                              .activation = config.activation,
                                              .bias = true}),
         .sees_frame = std::binary_search(full.begin(), full.end(), i)});
  }
}

at::Tensor Qwen25VlVision::operator()(const at::Tensor& patches,
                                      std::span<const PatchGrid> grids) const {
  const auto merge = config_.spatial_merge_size;
  require_patches(patches, grids, merge, config_.patch_values());
  const auto frames = frame_lengths(grids);
  const auto [order, windows] = windows_of(grids, merge, config_.window);
  const auto reorder = [&, &order = order](const at::Tensor& x) {
    return x.unflatten(0, {-1, merge * merge}).index_select(0, order).flatten(0, 1);
  };
  const auto rotation = patch_rotation(grids, merge, frequencies_);
  const Rotation turned = {reorder(rotation.cos), reorder(rotation.sin)};
  auto x = reorder(at::linear(patches.to(patch_weight_.scalar_type()), patch_weight_));
  for (const Block& block : blocks_) {
    x = x + block.attention(block.norm1(x), turned, block.sees_frame ? frames : windows);
    x = x + block.mlp(block.norm2(x));
  }
  const auto tokens = merger_(merger_norm_(x).view({order.size(0), -1}));
  return at::empty_like(tokens).index_copy(0, order, tokens);
}

}  // namespace ogam
