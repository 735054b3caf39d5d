#include "encoders/audio/clap_fusion.h"

#include <ATen/ATen.h>

#include <string>

namespace ogam {
namespace {

constexpr std::int64_t kWider = 3;  // times a cut's patch is as wide as one of the whole sound

at::Tensor normalize_channels(const BatchNorm& norm, const at::Tensor& x) {
  return norm.normalize(x.movedim(1, -1)).movedim(-1, 1).to(x.scalar_type());
}

}  // namespace

ClapFusion::Attention::Attention(const WeightScope& weights, const Config& config, int first)
    : squeeze(weights.scope(std::to_string(first)),
              {.in = config.channels, .out = config.channels / config.reduction, .kernel = {1, 1}}),
      squeeze_norm(weights.scope(std::to_string(first + 1)),
                   {.channels = config.channels / config.reduction}),
      expand(weights.scope(std::to_string(first + 3)),
             {.in = config.channels / config.reduction, .out = config.channels, .kernel = {1, 1}}),
      expand_norm(weights.scope(std::to_string(first + 4)), {.channels = config.channels}) {
  for (const auto place : {first + 1, first + 4}) {
    weights.scope(std::to_string(place)).ignore("num_batches_tracked");
  }
}

at::Tensor ClapFusion::Attention::operator()(const at::Tensor& x) const {
  const auto squeezed = at::relu(normalize_channels(squeeze_norm, squeeze(x)));
  return normalize_channels(expand_norm, expand(squeezed));
}

ClapFusion::ClapFusion(const WeightScope& weights, const Config& config)
    : mel_conv2d_(weights.scope("mel_conv2d"),
                  {.in = 1,
                   .out = config.channels,
                   .kernel = {config.patch_size, kWider * config.patch_size},
                   .stride = {config.patch_stride, kWider * config.patch_stride},
                   .padding = {(config.patch_size - config.patch_stride) / 2}}),
      local_(weights.scope("fusion_model.local_att"), config, 0),
      global_(weights.scope("fusion_model.global_att"), config, 1) {}

at::Tensor ClapFusion::operator()(const at::Tensor& whole, const at::Tensor& cuts) const {
  const auto batch = cuts.size(0);
  const auto patches = mel_conv2d_(cuts.flatten(0, 1).unsqueeze(1));  // [B * K, C, rows, w]
  const auto beside = patches.view({batch, -1, patches.size(1), patches.size(2), patches.size(3)})
                          .permute({0, 2, 3, 1, 4})
                          .flatten(3);  // [B, C, rows, K * w]
  const auto local = at::constant_pad_nd(beside, {0, whole.size(3) - beside.size(3)}, /*value=*/0);
  const auto sum = whole + local;
  const auto weight = at::sigmoid(local_(sum) + global_(sum.mean({2, 3}, /*keepdim=*/true)));
  return 2 * whole * weight + 2 * local * (1 - weight);
}

}  // namespace ogam
