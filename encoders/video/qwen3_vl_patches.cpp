#include "encoders/video/qwen3_vl_patches.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/media/resample.h"
#include "core/nn/processor_config.h"
#include "encoders/image/patch_sizes.h"

namespace ogam {

namespace {

constexpr std::int64_t kMinPictureTokens = 4;
constexpr std::int64_t kMaxPictureTokens = 1800;
constexpr std::int64_t kMinFrameTokens = 128;
constexpr std::int64_t kMaxFrameTokens = 768;
/// Of all frames of a video together, two of which make a token.
constexpr double kMaxVideoTokens = 2 * 7680;

std::int64_t token_pixels(const Qwen3VlVisionConfig& config) {
  const auto side = config.patch_size * config.spatial_merge_size;
  return side * side;
}

/// The nearest size of whole tokens where the budget allows it. The authors' package lets no side
/// vanish before it looks at the budget, transformers does.
Size whole_tokens(Size from, const QwenBudget& budget) {
  const Size within = qwen_image_size(from, budget);
  const auto nearest = [&](int length) {
    const auto tokens = std::nearbyint(static_cast<double>(length) / budget.factor);
    return std::max(1, static_cast<int>(tokens)) * budget.factor;
  };
  const Size near = {nearest(from.width), nearest(from.height)};
  const auto area = std::int64_t{near.width} * near.height;
  return area >= budget.min_pixels && area <= budget.max_pixels ? near : within;
}

using Resize = Image (*)(const Image&, Size);

/// Pictures are resized by Pillow.
Image resize_picture(const Image& image, Size size) {
  return resample(image, size,
                  {.filter = ResampleFilter::bicubic, .arithmetic = ResampleArithmetic::pillow});
}

/// Frames are resized by torchvision's older functions, which compute in floats and round once.
Image resize_frame(const Image& image, Size size) {
  if (size == Size{image.width, image.height}) {
    return image;
  }
  const auto pixels =
      at::tensor(image.pixels, at::kByte).view({1, image.height, image.width, 3}).to(at::kFloat);
  const auto resized =
      at::_upsample_bicubic2d_aa(pixels.permute({0, 3, 1, 2}).contiguous(),
                                 {size.height, size.width}, /*align_corners=*/false)
          .clamp(0, 255)
          .round()
          .to(at::kByte)
          .permute({0, 2, 3, 1})
          .contiguous();
  const auto* const first = resized.const_data_ptr<std::uint8_t>();
  return {size.width, size.height, {first, first + resized.numel()}};
}

VisualPatches cut(std::span<const Image> frames, const QwenBudget& budget, Resize resize,
                  const Qwen3VlVisionConfig& config, const PixelValues& values) {
  const Size size = whole_tokens({frames.front().width, frames.front().height}, budget);
  std::vector<Image> resized;
  resized.reserve(frames.size());
  for (const Image& frame : frames) {
    const auto samples = std::int64_t{3} * frame.width * frame.height;
    require(std::cmp_equal(frame.pixels.size(), samples), ErrorCode::invalid_argument,
            "a picture of {} x {} pixels must have {} samples, got {}", frame.width, frame.height,
            samples, frame.pixels.size());
    resized.push_back(resize(frame, size));
  }
  const PatchLayout layout = {.patch_size = static_cast<int>(config.patch_size),
                              .temporal_patch_size = static_cast<int>(config.temporal_patch_size),
                              .merge_size = static_cast<int>(config.spatial_merge_size),
                              .order = PatchOrder::channel_time_row_column};
  VisualPatches patches;
  patches.grid = patch_grid(size, static_cast<std::int64_t>(frames.size()), layout);
  patches.patches = at::empty({patches.grid.count(), layout.values()});
  pack_patches(resized, layout, values, patches.patches.data_ptr<float>());
  return patches;
}

QwenBudget budget_of(const Qwen3VlVisionConfig& config, std::int64_t min_tokens,
                     std::int64_t max_tokens) {
  return {.factor = static_cast<int>(config.patch_size * config.spatial_merge_size),
          .min_pixels = min_tokens * token_pixels(config),
          .max_pixels = max_tokens * token_pixels(config)};
}

PixelValues values_of(const std::filesystem::path& folder, ProcessorKind kind,
                      const Qwen3VlVisionConfig& tower) {
  const auto processor = ProcessorConfig::read(folder, kind);
  for (const auto& [key, size] : {std::pair{"patch_size", tower.patch_size},
                                  {"merge_size", tower.spatial_merge_size},
                                  {"temporal_patch_size", tower.temporal_patch_size}}) {
    constexpr int kMost = 1 << 16;
    const auto wanted = static_cast<int>(size);
    const int written = processor.whole(key, wanted, {.low = 1, .high = kMost});
    require(written == wanted, ErrorCode::corrupt_data,
            "{}: \"{}\" is {}, where the model's vision_config has {}; they belong to different "
            "models",
            processor.origin(), key, written, wanted);
  }
  const auto config = PixelConfig::parse(processor, {});
  require(config.resample == ResampleFilter::bicubic, ErrorCode::unsupported,
          "{}: \"resample\" must be bicubic; nothing else is implemented for this model",
          processor.origin());
  return PixelValues(config);
}

}  // namespace

VisualValues VisualValues::read(const std::filesystem::path& folder,
                                const Qwen3VlVisionConfig& tower) {
  return {values_of(folder, ProcessorKind::image, tower),
          values_of(folder, ProcessorKind::video, tower)};
}

VisualPatches cut_picture(const Image& image, const Qwen3VlVisionConfig& config,
                          const PixelValues& values) {
  return cut({&image, 1}, budget_of(config, kMinPictureTokens, kMaxPictureTokens), &resize_picture,
             config, values);
}

VisualPatches cut_frames(std::span<const Image> frames, const Qwen3VlVisionConfig& config,
                         const PixelValues& values) {
  require(!frames.empty(), ErrorCode::invalid_argument, "a video has no frames");
  auto budget = budget_of(config, kMinFrameTokens, kMaxFrameTokens);
  const auto share = kMaxVideoTokens * static_cast<double>(token_pixels(config)) /
                     static_cast<double>(frames.size());
  constexpr double kLeast = 1.05;  // times the minimum, however many frames share the budget
  const auto least = static_cast<std::int64_t>(kLeast * static_cast<double>(budget.min_pixels));
  budget.max_pixels =
      std::max(std::min(budget.max_pixels, static_cast<std::int64_t>(share)), least);
  return cut(frames, budget, &resize_frame, config, values);
}

}  // namespace ogam
