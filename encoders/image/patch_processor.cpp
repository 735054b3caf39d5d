#include "encoders/image/patch_processor.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "core/base/error.h"
#include "core/media/resample.h"

namespace ogam {
namespace {

constexpr ChannelValues kZero = {0, 0, 0};
constexpr ChannelValues kOne = {1, 1, 1};
constexpr ProcessorConfig::WholeRange kPatchSizes = {1, 256};
constexpr ProcessorConfig::WholeRange kMergeSizes = {1, 16};
constexpr ProcessorConfig::WholeRange kTemporalPatchSizes = {1, 4};
constexpr ProcessorConfig::WholeRange kPatchCounts = {1, 1 << 20};
/// That a configuration may ask for, of a picture or of all frames of a video together.
constexpr std::int64_t kMaxPixels = std::int64_t{1} << 25;
constexpr std::array kSoftTokens = {70, 140, 280, 560, 1120};

/// What a class does where its file says nothing.
template <typename Budget>
struct PatchClass {
  std::string_view name;
  PixelConfig pixels;
  Budget budget;
};

template <typename Budget, std::size_t N>
const PatchClass<Budget>& find_class(const ProcessorConfig& config,
                                     const std::array<PatchClass<Budget>, N>& classes) {
  const auto name = config.class_name({"image_processor_type", "video_processor_type"});
  const auto* const found = std::find_if(classes.begin(), classes.end(),
                                         [&](const auto& entry) { return entry.name == name; });
  require(found != classes.end(), ErrorCode::unsupported,
          "{}: pictures are to be prepared by \"{}\"; this model needs \"{}\"", config.origin(),
          name, classes.front().name);
  return *found;
}

PixelConfig parse_pixels(const ProcessorConfig& config, const PixelConfig& defaults) {
  config.refuse_other_steps(
      {"do_resize", "do_rescale", "do_normalize", "do_convert_rgb", "do_sample_frames"});
  config.demand("do_resize", true);  // else sides would be no multiples of the patch
  return PixelConfig::parse(config, defaults);
}

void limit_pixels(const ProcessorConfig& config, std::int64_t patches, std::int64_t patch_size) {
  const std::int64_t pixels = patches * patch_size * patch_size;
  require(pixels <= kMaxPixels, ErrorCode::corrupt_data,
          "{} asks for up to {} pixels, at most {} are made", config.origin(), pixels, kMaxPixels);
}

void require_pictures(std::span<const Image> images) {
  require(!images.empty(), ErrorCode::invalid_argument, "there are no pictures to prepare");
}

std::int64_t count(std::span<const Image> images) {
  return static_cast<std::int64_t>(images.size());
}

/// A picture in the size that a rule gives it.
template <typename Rule>
Image resized(const Image& image, ResampleFilter filter, const Rule& rule) {
  return resample(image, rule(Size{image.width, image.height}), {.filter = filter});
}

constexpr std::array kNaflexClasses = {
    PatchClass<NaflexBudget>{"Siglip2ImageProcessor", {.resample = ResampleFilter::bilinear}, {}}};

constexpr PixelConfig kGemma4Video = {.image_mean = kZero, .image_std = kOne};
constexpr std::array kGemma4Classes = {
    PatchClass<Gemma4Budget>{"Gemma4ImageProcessor",
                             {.do_normalize = false, .image_mean = kZero, .image_std = kOne},
                             {}},
    PatchClass<Gemma4Budget>{"Gemma4VideoProcessor", kGemma4Video, {.max_soft_tokens = 70}},
    PatchClass<Gemma4Budget>{
        "EmbeddingGemma2VideoProcessor", kGemma4Video, {.max_soft_tokens = 70}},
};

struct QwenDefaults {
  int patch_size;
  std::int64_t min_pixels;
  std::int64_t max_pixels;
  bool single_keys;            ///< knows "min_pixels" and "max_pixels"
  bool shares_budget = false;  ///< the frames of a video; else each has one
};
constexpr std::array kQwenClasses = {
    PatchClass<QwenDefaults>{"Qwen2VLImageProcessor",
                             {.image_mean = kClipMean, .image_std = kClipStd},
                             {14, 56 * 56, 28 * 28 * 1280, true}},
    PatchClass<QwenDefaults>{"Qwen2VLVideoProcessor",
                             {.image_mean = kClipMean, .image_std = kClipStd},
                             {14, 128 * 28 * 28, 28 * 28 * 768, true}},
    PatchClass<QwenDefaults>{
        "Qwen3VLVideoProcessor", {}, {16, 128 * 32 * 32, 32 * 32 * 768, false, true}},
};
constexpr int kQwenPair = 2;         // frames, and patches a side, that are merged by default
constexpr double kQwenFloor = 1.05;  // a capped frame's share of the least pixels of the video

/// The bounds on the number of pixels: the edges in `size`, which here are areas, or the single
/// keys of older files, which go before them.
void parse_pixel_bounds(const ProcessorConfig& config, bool single_keys, QwenBudget& budget) {
  constexpr ProcessorConfig::WholeRange kBounds = {1, static_cast<int>(kMaxPixels)};
  constexpr const char* kSize = "size";
  const auto bound = [&](const char* edge, const char* single, std::int64_t& value) {
    require(single_keys || !config.has(single), ErrorCode::unsupported,
            "{}: \"{}\" means nothing to this class", config.origin(), single);
    if (config.has(single)) {
      value = config.whole(single, 0, kBounds);
    } else if (config.has(kSize)) {
      const ProcessorConfig size(config.json().at(kSize), config.origin() + ": \"size\"");
      require(size.has(edge) && size.json().size() == 2, ErrorCode::unsupported,
              "{} is {}; only \"shortest_edge\" and \"longest_edge\" together are implemented",
              size.origin(), size.json().dump());
      value = size.whole(edge, 0, kBounds);
    }
  };
  bound("shortest_edge", "min_pixels", budget.min_pixels);
  bound("longest_edge", "max_pixels", budget.max_pixels);
}

}  // namespace

NaflexProcessor::Config NaflexProcessor::Config::parse(const ProcessorConfig& config) {
  const auto& defaults = find_class(config, kNaflexClasses);
  Config result{parse_pixels(config, defaults.pixels), defaults.budget};
  NaflexBudget& budget = result.budget;
  budget.patch_size = config.whole("patch_size", budget.patch_size, kPatchSizes);
  budget.max_num_patches = config.whole("max_num_patches", budget.max_num_patches, kPatchCounts);
  limit_pixels(config, budget.max_num_patches, budget.patch_size);
  return result;
}

NaflexProcessor::NaflexProcessor(const Config& config)
    : config_(config), layout_({.patch_size = config.budget.patch_size}), values_(config.pixels) {}

NaflexProcessor::Batch NaflexProcessor::operator()(std::span<const Image> images) const {
  require_pictures(images);
  const std::int64_t room = config_.budget.max_num_patches;
  Batch batch{at::zeros({count(images), room, layout_.values()}, at::kFloat),
              at::zeros({count(images), room}, at::kInt), at::empty({count(images), 2}, at::kLong)};
  auto* values = batch.pixel_values.mutable_data_ptr<float>();
  auto* mask = batch.pixel_attention_mask.mutable_data_ptr<std::int32_t>();
  auto* shape = batch.spatial_shapes.mutable_data_ptr<std::int64_t>();
  for (const Image& image : images) {
    const Image fitting = resized(image, config_.pixels.resample,
                                  [&](Size from) { return naflex_size(from, config_.budget); });
    const PatchGrid grid = patch_grid({fitting.width, fitting.height}, 1, layout_);
    require(grid.count() <= room, ErrorCode::internal, "{} patches exceed the budget of {}",
            grid.count(), room);
    pack_patches({&fitting, 1}, layout_, values_, values);
    std::fill_n(mask, grid.count(), 1);
    *shape++ = grid.rows;
    *shape++ = grid.columns;
    values += room * layout_.values();
    mask += room;
  }
  return batch;
}

Gemma4Processor::Config Gemma4Processor::Config::parse(const ProcessorConfig& config) {
  const auto& defaults = find_class(config, kGemma4Classes);
  Config result{parse_pixels(config, defaults.pixels), defaults.budget};
  // This class hands its code to torchvision, to which other codes mean other filters.
  require(result.pixels.resample == ResampleFilter::bilinear ||
              result.pixels.resample == ResampleFilter::bicubic,
          ErrorCode::unsupported, "{}: \"resample\" is {}; only 2 and 3 are implemented",
          config.origin(), static_cast<int>(result.pixels.resample));
  Gemma4Budget& budget = result.budget;
  budget.patch_size = config.whole("patch_size", budget.patch_size, kPatchSizes);
  budget.pooling_kernel_size =
      config.whole("pooling_kernel_size", budget.pooling_kernel_size, kMergeSizes);
  budget.max_soft_tokens = config.whole("max_soft_tokens", budget.max_soft_tokens,
                                        {kSoftTokens.front(), kSoftTokens.back()});
  require(std::find(kSoftTokens.begin(), kSoftTokens.end(), budget.max_soft_tokens) !=
              kSoftTokens.end(),
          ErrorCode::corrupt_data, "{}: \"max_soft_tokens\" is {}, expected one of {}",
          config.origin(), budget.max_soft_tokens, fmt::join(kSoftTokens, ", "));
  limit_pixels(config, budget.max_patches(), budget.patch_size);
  return result;
}

Gemma4Processor::Gemma4Processor(const Config& config)
    : config_(config), layout_({.patch_size = config.budget.patch_size}), values_(config.pixels) {}

Gemma4Processor::Batch Gemma4Processor::operator()(std::span<const Image> images) const {
  require_pictures(images);
  const std::int64_t room = config_.budget.max_patches();
  const std::int64_t pooled =
      std::int64_t{config_.budget.pooling_kernel_size} * config_.budget.pooling_kernel_size;
  Batch batch{at::zeros({count(images), room, layout_.values()}, at::kFloat),
              at::full({count(images), room, 2}, -1, at::kLong),
              {}};
  auto* values = batch.pixel_values.mutable_data_ptr<float>();
  auto* positions = batch.position_ids.mutable_data_ptr<std::int64_t>();
  for (const Image& image : images) {
    const Image fitting = resized(image, config_.pixels.resample,
                                  [&](Size from) { return gemma4_size(from, config_.budget); });
    const PatchGrid grid = patch_grid({fitting.width, fitting.height}, 1, layout_);
    require(grid.count() <= room, ErrorCode::internal, "{} patches exceed the budget of {}",
            grid.count(), room);
    pack_patches({&fitting, 1}, layout_, values_, values);
    for (std::int64_t i = 0; i < grid.count(); ++i) {
      positions[2 * i] = i % grid.columns;
      positions[2 * i + 1] = i / grid.columns;
    }
    batch.num_soft_tokens.push_back(grid.count() / pooled);
    values += room * layout_.values();
    positions += room * 2;
  }
  return batch;
}

QwenProcessor::Config QwenProcessor::Config::parse(const ProcessorConfig& config) {
  const auto& defaults = find_class(config, kQwenClasses);
  Config result;
  result.pixels = parse_pixels(config, defaults.pixels);
  PatchLayout& layout = result.layout;
  layout.order = PatchOrder::channel_time_row_column;
  layout.patch_size = config.whole("patch_size", defaults.budget.patch_size, kPatchSizes);
  layout.temporal_patch_size = config.whole("temporal_patch_size", kQwenPair, kTemporalPatchSizes);
  layout.merge_size = config.whole("merge_size", kQwenPair, kMergeSizes);
  result.budget = {.factor = layout.patch_size * layout.merge_size,
                   .min_pixels = defaults.budget.min_pixels,
                   .max_pixels = defaults.budget.max_pixels};
  parse_pixel_bounds(config, defaults.budget.single_keys, result.budget);
  result.shares_budget = defaults.budget.shares_budget;
  result.cap_pixels_per_frame = config.flag("cap_pixels_per_frame", false);
  require(result.shares_budget || !result.cap_pixels_per_frame, ErrorCode::unsupported,
          "{}: \"cap_pixels_per_frame\" is not implemented for this class", config.origin());
  result.max_video_tokens = config.whole("max_video_tokens", result.max_video_tokens, kPatchCounts);
  return result;
}

QwenProcessor::QwenProcessor(const Config& config) : config_(config), values_(config.pixels) {}

QwenProcessor::Patches QwenProcessor::images(std::span<const Image> images) const {
  require_pictures(images);
  const PatchLayout& layout = config_.layout;
  std::vector<at::Tensor> patches;
  auto grids = at::empty({count(images), 3}, at::kLong);
  auto* grid_values = grids.mutable_data_ptr<std::int64_t>();
  for (const Image& image : images) {
    const Image fitting = resized(image, config_.pixels.resample,
                                  [&](Size from) { return qwen_image_size(from, config_.budget); });
    const PatchGrid grid = patch_grid({fitting.width, fitting.height}, 1, layout);
    patches.push_back(at::empty({grid.count(), layout.values()}, at::kFloat));
    pack_patches({&fitting, 1}, layout, values_, patches.back().mutable_data_ptr<float>());
    for (const std::int64_t length : {grid.frames, grid.rows, grid.columns}) {
      *grid_values++ = length;
    }
  }
  return {at::cat(patches), grids};
}

Size QwenProcessor::video_size(Size from, std::int64_t frames) const {
  if (!config_.shares_budget) {
    return qwen_image_size(from, config_.budget);
  }
  QwenVideoBudget budget{config_.budget, config_.layout.temporal_patch_size};
  if (config_.cap_pixels_per_frame) {
    const std::int64_t cap =
        std::int64_t{config_.max_video_tokens} * budget.pixels.factor * budget.pixels.factor;
    const auto floor =
        static_cast<std::int64_t>(static_cast<double>(budget.pixels.min_pixels) * kQwenFloor);
    budget.pixels.max_pixels =
        std::max(std::min(cap, budget.pixels.max_pixels / frames), floor) * frames;
  }
  return qwen_video_size(from, frames, budget);
}

QwenProcessor::Patches QwenProcessor::video(std::span<const Image> frames) const {
  require(count(frames) >= config_.layout.temporal_patch_size, ErrorCode::invalid_argument,
          "a video needs at least {} frames, got {}", config_.layout.temporal_patch_size,
          count(frames));
  const Size from = {frames.front().width, frames.front().height};
  const Size to = video_size(from, count(frames));
  std::vector<Image> fitting;
  for (const Image& frame : frames) {
    require(Size{frame.width, frame.height} == from, ErrorCode::invalid_argument,
            "the frames of a video must have one size, got {} x {} and {} x {}", from.width,
            from.height, frame.width, frame.height);
    fitting.push_back(resample(frame, to, {.filter = config_.pixels.resample}));
  }
  const PatchGrid grid = patch_grid(to, count(frames), config_.layout);
  auto patches = at::empty({grid.count(), config_.layout.values()}, at::kFloat);
  pack_patches(fitting, config_.layout, values_, patches.mutable_data_ptr<float>());
  return {patches, at::tensor({grid.frames, grid.rows, grid.columns}, at::kLong).unsqueeze(0)};
}

}  // namespace ogam
