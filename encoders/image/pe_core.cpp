#include "encoders/image/pe_core.h"

#include <ATen/ATen.h>

#include <array>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/table.h"
#include "core/nn/activation.h"
#include "core/nn/attention.h"
#include "core/tensor/shape.h"

namespace ogam {
namespace {

constexpr std::int64_t kMaxSize = 4096;
constexpr std::int64_t kMaxDepth = 512;
constexpr std::int64_t kMaxHeads = 1024;
constexpr std::int64_t kMaxClasses = 65536;
constexpr std::int64_t kPoolHeads = 8;
constexpr std::int64_t kMlpRatio = 4;
constexpr std::int64_t kDefaultClasses = 1024;  // of `PeVideoEncoderConfig`
constexpr double kTheta = 10000;
constexpr double kFirstPosition = 1;  // of rotary positions: the first patch is at (1, 1)

struct Architecture {
  std::string_view name;
  PeCoreConfig config;
};

// timm's largest one has no class token and counts its positions from another place.
constexpr std::array kArchitectures = {
    Architecture{"vit_pe_core_base_patch16_224", {224, 16, 768, 12, 12, 14, kDefaultClasses}},
    Architecture{"vit_pe_core_large_patch14_336", {336, 14, 1024, 24, 16, 24, kDefaultClasses}},
    Architecture{"vit_pe_core_small_patch16_384", {384, 16, 384, 12, 6, 24, kDefaultClasses}},
    Architecture{"vit_pe_core_tiny_patch16_384", {384, 16, 192, 12, 3, 24, kDefaultClasses}},
};

}  // namespace

PeCoreConfig PeCoreConfig::parse(const ConfigReader& config) {
  config.demand_or_absent<std::string>("model_type", "timm_wrapper");
  config.demand_or_absent<std::string>("global_pool", "map");
  auto parsed =
      find_row(kArchitectures, config.text("architecture", "vit_pe_core_large_patch14_336"),
               "architecture", config.origin())
          .config;
  const auto classes = config.size("num_classes", kMaxClasses, kDefaultClasses);
  parsed.num_classes = config.size("num_labels", kMaxClasses, classes);
  const auto arguments = config.section("model_args");
  parsed.img_size = arguments.square("img_size", kMaxSize, parsed.img_size);
  parsed.patch_size = arguments.square("patch_size", kMaxSize, parsed.patch_size);
  parsed.embed_dim = arguments.size("embed_dim", kMaxSize * 4, parsed.embed_dim);
  parsed.depth = arguments.size("depth", kMaxDepth, parsed.depth);
  parsed.num_heads = arguments.size("num_heads", kMaxHeads, parsed.num_heads);
  parsed.ref_feat_shape = arguments.square("ref_feat_shape", kMaxSize, parsed.ref_feat_shape);
  arguments.refuse_unread();
  require(parsed.img_size % parsed.patch_size == 0, ErrorCode::corrupt_data,
          "{}: patches of {} do not tile a picture of {}", config.origin(), parsed.patch_size,
          parsed.img_size);
  require(
      parsed.embed_dim % (4 * parsed.num_heads) == 0 && parsed.embed_dim % kPoolHeads == 0,
      ErrorCode::corrupt_data,
      "{}: an \"embed_dim\" of {} cannot have {} heads whose channels divide by 4 for positions "
      "in two dimensions, nor a pool of {} heads",
      config.origin(), parsed.embed_dim, parsed.num_heads, kPoolHeads);
  // Names of classes, and how the picture was prepared in timm's own pipeline.
  config.refuse_unread({"label_names", "do_pooling", "pretrained_cfg"});
  return parsed;
}

PeCoreVision::Block::Block(const WeightScope& weights, const PeCoreConfig& config)
    : heads(config.num_heads),
      norm1(weights.scope("norm1"), {.size = config.embed_dim}),
      qkv(weights.scope("attn.qkv"), {.in = config.embed_dim, .out = 3 * config.embed_dim}),
      proj(weights.scope("attn.proj"), {.in = config.embed_dim, .out = config.embed_dim}),
      norm2(weights.scope("norm2"), {.size = config.embed_dim}),
      mlp(weights.scope("mlp"), {.size = config.embed_dim,
                                 .intermediate = kMlpRatio * config.embed_dim,
                                 .activation = find_activation("gelu", "timm")}) {}

at::Tensor PeCoreVision::Block::operator()(const at::Tensor& x, const Rotation& rotation) const {
  const auto parts = qkv(norm1(x)).chunk(3, -1);
  const auto q = rotate_adjacent(split_heads(parts[0], heads), rotation);
  const auto k = rotate_adjacent(split_heads(parts[1], heads), rotation);
  const auto attended = x + proj(attend(q, k, split_heads(parts[2], heads)));
  return attended + mlp(norm2(attended));
}

PeCoreVision::Pool::Pool(const WeightScope& weights, const PeCoreConfig& config)
    : latent(weights.get("latent", {1, 1, config.embed_dim})),
      q(weights.scope("q"), {.in = config.embed_dim, .out = config.embed_dim}),
      kv(weights.scope("kv"), {.in = config.embed_dim, .out = 2 * config.embed_dim}),
      proj(weights.scope("proj"), {.in = config.embed_dim, .out = config.embed_dim}),
      norm(weights.scope("norm"), {.size = config.embed_dim}),
      mlp(weights.scope("mlp"), {.size = config.embed_dim,
                                 .intermediate = kMlpRatio * config.embed_dim,
                                 .activation = find_activation("gelu", "timm")}) {}

at::Tensor PeCoreVision::Pool::operator()(const at::Tensor& x) const {
  const auto query = q(latent).expand({x.size(0), 1, -1});
  const auto parts = kv(x).chunk(2, -1);
  const auto attended =
      proj(attend(split_heads(query, kPoolHeads), split_heads(parts[0], kPoolHeads),
                  split_heads(parts[1], kPoolHeads)));
  return (attended + mlp(norm(attended))).squeeze(1);
}

PeCoreVision::PeCoreVision(const WeightScope& weights, const PeCoreConfig& config)
    : config_(config),
      precision_(weights.precision()),
      patch_embed_(weights.scope("patch_embed.proj"),
                   {.in = 3,
                    .out = config.embed_dim,
                    .kernel = {config.patch_size, config.patch_size},
                    .stride = {config.patch_size},
                    .bias = false}),
      cls_token_(weights.get("cls_token", {1, 1, config.embed_dim})),
      pos_embed_(
          weights.get("pos_embed", {1, 1 + config.grid() * config.grid(), config.embed_dim})),
      norm_pre_(weights.scope("norm_pre"), {.size = config.embed_dim}),
      norm_(weights.scope("norm"), {.size = config.embed_dim}),
      pool_(weights.scope("attn_pool"), config),
      head_(weights.scope("head"), {.in = config.embed_dim, .out = config.num_classes}) {
  for (std::int64_t i = 0; i < config.depth; ++i) {
    blocks_.emplace_back(weights.scope("blocks").scope(std::to_string(i)), config);
  }
}

Rotation PeCoreVision::rotation() const {
  const auto grid = config_.grid();
  const auto frequencies = rotary_frequencies(config_.embed_dim / config_.num_heads / 2, kTheta);
  const auto places = (at::arange(grid, at::kFloat) + kFirstPosition) / static_cast<double>(grid) *
                      static_cast<double>(config_.ref_feat_shape);
  const auto angles = places.unsqueeze(1) * frequencies;  // [grid, D / 4]
  const auto across = angles.unsqueeze(0).expand({grid, grid, -1});
  const auto down = angles.unsqueeze(1).expand({grid, grid, -1});
  const auto patches = at::cat({across, down}, -1).flatten(0, 1);  // [grid^2, D / 2]
  const auto all = at::cat({at::zeros({1, patches.size(1)}), patches});
  return {all.cos(), all.sin()};
}

at::Tensor PeCoreVision::forward(const at::Tensor& pixels) const {
  require(pixels.dim() == 4 && pixels.size(1) == 3 && pixels.size(2) == config_.img_size &&
              pixels.size(3) == config_.img_size,
          ErrorCode::invalid_argument, "pictures must be [N, 3, {}, {}], got {}", config_.img_size,
          config_.img_size, shape_string(pixels));
  auto x = patch_embed_(pixels.to(precision_)).flatten(2).transpose(1, 2);  // [N, grid^2, D]
  x = at::cat({cls_token_.expand({x.size(0), 1, -1}), x}, 1) + pos_embed_;
  x = norm_pre_(x);
  const auto turned = rotation();
  for (const auto& block : blocks_) {
    x = block(x, turned);
  }
  return head_(pool_(norm_(x)));
}

}  // namespace ogam
