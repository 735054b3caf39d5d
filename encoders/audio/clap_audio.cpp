#include "encoders/audio/clap_audio.h"

#include <ATen/ATen.h>

#include <string>

#include "core/base/error.h"
#include "core/tensor/shape.h"

namespace ogam {
namespace {

constexpr std::int64_t kMaxSpecSize = 2048;
constexpr std::int64_t kMaxWidth = 4096;
constexpr std::int64_t kMaxWindow = 32;
constexpr std::int64_t kMaxStageSize = 64;  // stages, the layers and heads of each
constexpr double kMaxMlpRatio = 64;
constexpr double kPatchNormEps = 1e-5;   // PyTorch's default, which no configuration changes
constexpr double kOtherRegion = -100.0;  // added to scores between patches that are no neighbours

void check(const ClapAudioConfig& config, const std::string& origin) {
  const auto stages = config.depths.size();
  require(config.num_attention_heads.size() == stages, ErrorCode::corrupt_data,
          "{}: \"depths\" has {} stages and \"num_attention_heads\" {}", origin, stages,
          config.num_attention_heads.size());
  require(config.spec_size % config.num_mel_bins == 0, ErrorCode::unsupported,
          "{}: a \"spec_size\" of {} that is no multiple of the {} mel bins is not implemented",
          origin, config.spec_size, config.num_mel_bins);
  require(config.patch_size >= config.patch_stride &&
              (config.patch_size - config.patch_stride) % 2 == 0 &&
              config.spec_size % config.patch_stride == 0,
          ErrorCode::unsupported,
          "{}: patches of {} at a stride of {} do not tile a picture of {}; other layouts are not "
          "implemented",
          origin, config.patch_size, config.patch_stride, config.spec_size);
  require(!config.enable_fusion || (config.spec_size >= 3 * config.patch_size &&
                                    config.patch_embeds_hidden_size >= config.aff_block_r),
          ErrorCode::corrupt_data,
          "{}: a picture of {} has no room for a patch three times as wide as {}, or {} channels "
          "cannot be made {} times fewer",
          origin, config.spec_size, config.patch_size, config.patch_embeds_hidden_size,
          config.aff_block_r);
  const auto patches = config.spec_size / config.patch_stride;
  for (std::size_t stage = 0; stage < stages; ++stage) {
    require(patches % (std::int64_t{1} << stage) == 0 && config.grid(stage) > 0 &&
                config.grid(stage) % config.window_size == 0,
            ErrorCode::unsupported,
            "{}: the {} patches across stage {} are not made of whole windows of {}; padding is "
            "not implemented",
            origin, config.grid(stage), stage, config.window_size);
    require(config.width(stage) <= kMaxWidth &&
                config.width(stage) % config.num_attention_heads[stage] == 0,
            ErrorCode::corrupt_data,
            "{}: stage {} has a width of {}, expected at most {} and a multiple of its {} heads",
            origin, stage, config.width(stage), kMaxWidth, config.num_attention_heads[stage]);
  }
}

/// [B, rows, columns, D] as [B * windows, window^2, D].
at::Tensor split_windows(const at::Tensor& x, std::int64_t window) {
  const auto batch = x.size(0);
  const auto rows = x.size(1) / window;
  const auto columns = x.size(2) / window;
  return x.reshape({batch, rows, window, columns, window, -1})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape({batch * rows * columns, window * window, -1});
}

/// The opposite of split_windows.
at::Tensor join_windows(const at::Tensor& windows, at::IntArrayRef shape, std::int64_t window) {
  return windows.reshape({shape[0], shape[1] / window, shape[2] / window, window, window, shape[3]})
      .permute({0, 1, 3, 2, 4, 5})
      .reshape(shape);
}

/// For two patches of a window the row of the table that holds the bias of their offset:
/// [window^2 * window^2] integers.
at::Tensor relative_positions(std::int64_t window) {
  const auto index = at::arange(window * window, at::kLong);
  const auto rows = at::floor_divide(index, window);
  const auto columns = at::remainder(index, window);
  const auto down = rows.unsqueeze(1) - rows.unsqueeze(0) + window - 1;
  const auto right = columns.unsqueeze(1) - columns.unsqueeze(0) + window - 1;
  return (down * (2 * window - 1) + right).flatten();
}

/// In which of the three parts of a rolled axis each of its `size` places lies: those that no
/// window mixes with others, those before the seam, and those that came round from the other end.
at::Tensor regions(std::int64_t size, std::int64_t window, std::int64_t shift) {
  const auto place = at::arange(size, at::kLong);
  return place.ge(size - window).to(at::kLong) + place.ge(size - shift).to(at::kLong);
}

}  // namespace

ClapAudioConfig ClapAudioConfig::parse(const ConfigReader& config) {
  ClapAudioConfig parsed;
  parsed.num_mel_bins = config.size("num_mel_bins", kMaxSpecSize, 64);
  parsed.spec_size = config.size("spec_size", kMaxSpecSize, 256);
  parsed.patch_size = config.square("patch_size", kMaxSpecSize, 4);
  parsed.patch_stride = config.square("patch_stride", kMaxSpecSize, 4);
  parsed.patch_embeds_hidden_size = config.size("patch_embeds_hidden_size", kMaxWidth, 96);
  parsed.window_size = config.size("window_size", kMaxWindow, 8);
  parsed.depths = config.has("depths") ? config.sizes("depths", kMaxStageSize)
                                       : std::vector<std::int64_t>{2, 2, 6, 2};
  parsed.num_attention_heads = config.has("num_attention_heads")
                                   ? config.sizes("num_attention_heads", kMaxStageSize)
                                   : std::vector<std::int64_t>{4, 8, 16, 32};
  parsed.mlp_ratio = config.number("mlp_ratio", 0.01, kMaxMlpRatio, 4.0);
  parsed.activation = find_activation(config.text("hidden_act", "gelu"), config.origin());
  parsed.layer_norm_eps = config.number("layer_norm_eps", 0, 1, 1e-5);
  parsed.enable_fusion = config.flag("enable_fusion", false);
  parsed.aff_block_r = config.size("aff_block_r", kMaxWidth, 4);
  require(config.text("fusion_type", "") != "channel_map", ErrorCode::unsupported,
          "{}: the \"fusion_type\" channel_map is not implemented", config.origin());
  config.demand_or_absent("patch_embed_input_channels", 1);
  config.demand_or_absent("flatten_patch_embeds", true);
  config.demand_or_absent("enable_patch_layer_norm", true);
  config.demand_or_absent("qkv_bias", true);
  check(parsed, config.origin());
  const auto hidden_size = config.size("hidden_size", kMaxWidth, 768);
  require(hidden_size == parsed.hidden_size(), ErrorCode::corrupt_data,
          "{}: \"hidden_size\" is {}, but the last stage has a width of {}", config.origin(),
          hidden_size, parsed.hidden_size());
  config.demand_or_absent("is_decoder", false);
  // The projection's two are repeated from the whole model's configuration; the others belong to
  // training, are counted from the depths, or stand in older files for nothing.
  config.refuse_unread({"projection_dim", "projection_hidden_act", "num_classes", "drop_path_rate",
                        "num_hidden_layers", "model_type", "projection_hidden_size",
                        "enable_patch_fusion", "fusion_num_hidden_layers", "add_cross_attention",
                        "tie_encoder_decoder", "tie_word_embeddings"});
  return parsed;
}

ClapAudioTower::Layer::Layer(const WeightScope& weights, const ClapAudioConfig& config,
                             const Config& layer)
    : config(layer),
      layernorm_before(weights.scope("layernorm_before"),
                       {.size = layer.width, .eps = config.layer_norm_eps}),
      attention(weights.scope("attention"),
                {.size = layer.width,
                 .heads = layer.heads,
                 .names = {"self.query", "self.key", "self.value", "output.dense"}}),
      relative_position_bias_table(
          weights.scope("attention")
              .scope("self")
              .get("relative_position_bias_table",
                   {(2 * layer.window - 1) * (2 * layer.window - 1), layer.heads})),
      layernorm_after(weights.scope("layernorm_after"),
                      {.size = layer.width, .eps = config.layer_norm_eps}),
      mlp(weights, {.size = layer.width,
                    .intermediate = static_cast<std::int64_t>(config.mlp_ratio *
                                                              static_cast<double>(layer.width)),
                    .activation = config.activation,
                    .names = {"intermediate.dense", "output.dense"}}) {
  weights.scope("attention").scope("self").ignore("relative_position_index");
}

at::Tensor ClapAudioTower::Layer::score_bias(std::int64_t rows, std::int64_t columns) const {
  const auto window = config.window;
  const auto tokens = window * window;
  const auto bias = relative_position_bias_table.index_select(0, relative_positions(window))
                        .view({tokens, tokens, config.heads})
                        .permute({2, 0, 1})
                        .unsqueeze(0);  // [1, H, tokens, tokens]
  if (config.shift == 0) {
    return bias;
  }
  const auto region = regions(rows, window, config.shift).unsqueeze(1) * 3 +
                      regions(columns, window, config.shift).unsqueeze(0);
  const auto in_windows = split_windows(region.view({1, rows, columns, 1}), window).squeeze(-1);
  const auto apart = in_windows.unsqueeze(1).ne(in_windows.unsqueeze(2));  // [windows, T, T]
  return bias + apart.to(bias.scalar_type()).mul(kOtherRegion).unsqueeze(1);
}

at::Tensor ClapAudioTower::Layer::operator()(const at::Tensor& x) const {
  const auto shift = config.shift;
  auto normed = layernorm_before(x);
  if (shift > 0) {
    normed = at::roll(normed, {-shift, -shift}, {1, 2});
  }
  auto bias = score_bias(x.size(1), x.size(2));
  if (bias.size(0) > 1) {
    bias = bias.repeat({x.size(0), 1, 1, 1});
  }
  const auto windows = attention(split_windows(normed, config.window), bias);
  auto attended = join_windows(windows, x.sizes(), config.window);
  if (shift > 0) {
    attended = at::roll(attended, {shift, shift}, {1, 2});
  }
  const auto residual = x + attended;
  return residual + mlp(layernorm_after(residual));
}

ClapAudioTower::Downsample::Downsample(const WeightScope& weights, std::int64_t width)
    : norm(weights.scope("norm"), {.size = 4 * width, .eps = kPatchNormEps}),
      reduction(weights.scope("reduction"), {.in = 4 * width, .out = 2 * width, .bias = false}) {}

at::Tensor ClapAudioTower::Downsample::operator()(const at::Tensor& x) const {
  std::vector<at::Tensor> corners;  // down first, then right
  for (const std::int64_t column : {0, 1}) {
    for (const std::int64_t row : {0, 1}) {
      corners.push_back(
          x.slice(1, row, std::nullopt, 2).slice(2, column, std::nullopt, /*step=*/2));
    }
  }
  return reduction(norm(at::cat(corners, -1)));
}

ClapAudioTower::ClapAudioTower(const ClapAudioConfig& config, const WeightScope& weights)
    : config_(config),
      precision_(weights.precision()),
      batch_norm_(weights.scope("batch_norm"), {.channels = config.num_mel_bins}),
      patches_(weights.scope("patch_embed").scope("proj"),
               {.in = 1,
                .out = config.patch_embeds_hidden_size,
                .kernel = {config.patch_size, config.patch_size},
                .stride = {config.patch_stride},
                .padding = {(config.patch_size - config.patch_stride) / 2}}),
      patch_norm_(weights.scope("patch_embed").scope("norm"),
                  {.size = config.patch_embeds_hidden_size, .eps = kPatchNormEps}),
      norm_(weights.scope("norm"), {.size = config.hidden_size(), .eps = kPatchNormEps}) {
  weights.scope("batch_norm").ignore("num_batches_tracked");
  if (config.enable_fusion) {
    fusion_.emplace(weights.scope("patch_embed"),
                    ClapFusion::Config{.channels = config.patch_embeds_hidden_size,
                                       .patch_size = config.patch_size,
                                       .patch_stride = config.patch_stride,
                                       .reduction = config.aff_block_r});
  }
  for (std::size_t i = 0; i < config.depths.size(); ++i) {
    const auto scope = weights.scope("layers").scope(std::to_string(i));
    // A single window has nothing to shift into.
    const auto shift = config.grid(i) > config.window_size ? config.window_size / 2 : 0;
    Stage stage;
    for (std::int64_t j = 0; j < config.depths[i]; ++j) {
      stage.blocks.emplace_back(scope.scope("blocks").scope(std::to_string(j)), config,
                                Layer::Config{.width = config.width(i),
                                              .heads = config.num_attention_heads[i],
                                              .window = config.window_size,
                                              .shift = j % 2 == 0 ? 0 : shift});
    }
    if (i + 1 < config.depths.size()) {
      stage.downsample.emplace(scope.scope("downsample"), config.width(i));
    }
    stages_.push_back(std::move(stage));
  }
}

at::Tensor ClapAudioTower::pictures(const at::Tensor& features) const {
  // Decibels have a wide range: they are normalised before they are rounded to the weights' type.
  auto normed = batch_norm_.normalize(features);
  if (features.size(2) < config_.frames()) {
    normed = at::upsample_bicubic2d(normed, {config_.frames(), config_.num_mel_bins},
                                    /*align_corners=*/true);
  }
  return normed.view({-1, config_.strips(), config_.spec_size, config_.num_mel_bins})
      .transpose(2, 3)
      .reshape({features.size(0), config_.views(), config_.spec_size, config_.spec_size});
}

at::Tensor ClapAudioTower::forward(const at::Tensor& features) const {
  require(features.dim() == 4 && features.size(1) == config_.views() && features.size(2) > 0 &&
              features.size(2) <= config_.frames() && features.size(3) == config_.num_mel_bins,
          ErrorCode::invalid_argument, "features must be [B, {}, at most {}, {}], got {}",
          config_.views(), config_.frames(), config_.num_mel_bins, shape_string(features.sizes()));
  const auto seen = pictures(features).to(precision_);
  auto x = patches_(seen.narrow(1, 0, 1));  // [B, D, grid, grid]
  if (fusion_) {
    x = (*fusion_)(x, seen.slice(1, 1));
  }
  x = patch_norm_(x.permute({0, 2, 3, 1}));
  for (const auto& stage : stages_) {
    for (const auto& block : stage.blocks) {
      x = block(x);
    }
    if (stage.downsample) {
      x = (*stage.downsample)(x);
    }
  }
  return norm_(x).mean({1, 2});
}

}  // namespace ogam
