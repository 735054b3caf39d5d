#include "encoders/image/vision_tower.h"

#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/tensor/shape.h"

namespace ogam {

namespace {

constexpr std::int64_t kColours = 3;
constexpr std::int64_t kMaxSide = 8192;  // pixels

}  // namespace

PatchGridConfig PatchGridConfig::parse(const ConfigReader& reader, const Defaults& defaults) {
  const PatchGridConfig parsed = {
      .image_size = reader.size("image_size", kMaxSide, defaults.image_size),
      .patch_size = reader.size("patch_size", kMaxSide, defaults.patch_size),
  };
  reader.demand_or_absent("num_channels", kColours);
  require(parsed.grid() >= 1, ErrorCode::corrupt_data,
          "{}: patches of {} pixels do not fit a picture of {}", reader.origin(), parsed.patch_size,
          parsed.image_size);
  return parsed;
}

void PatchGridConfig::require_fitting(const at::Tensor& pixels) const {
  require(pixels.dim() == 4 &&
              pixels.sizes().slice(1) == at::IntArrayRef({kColours, image_size, image_size}),
          ErrorCode::invalid_argument,
          "pixels must be [N, {0}, {1}, {1}], got {2}; preprocessor_config.json must give pictures "
          "of the size that config.json names",
          kColours, image_size, shape_string(pixels.sizes()));
}

WeightScope lone_vision_tower(Checkpoint& checkpoint) {
  const auto prefixed = checkpoint.weights("vision_model.");
  return prefixed.empty() ? checkpoint.weights() : prefixed;
}

PatchEmbedding::PatchEmbedding(const WeightScope& weights, const Config& config)
    : weight_(
          weights.get("weight", {config.size, kColours, config.patch_size, config.patch_size})) {
  if (config.bias) {
    bias_ = weights.get("bias", {config.size});
  }
}

at::Tensor PatchEmbedding::operator()(const at::Tensor& pixels) const {
  const auto patch = weight_.size(2);
  require(pixels.dim() == 4 && pixels.size(1) == kColours && pixels.size(2) >= patch &&
              pixels.size(3) >= patch,
          ErrorCode::invalid_argument,
          "pixels must be [N, {}, H, W] with at least one patch of {} pixels, got {}", kColours,
          patch, shape_string(pixels.sizes()));
  const auto patches = at::conv2d(pixels.to(weight_.scalar_type()), weight_, bias_, patch);
  return patches.flatten(2).transpose(1, 2);
}

}  // namespace ogam
