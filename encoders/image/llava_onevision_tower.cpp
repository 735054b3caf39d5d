#include "encoders/image/llava_onevision_tower.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/nn/config_reader.h"
#include "core/nn/processor_config.h"
#include "core/nn/transformer_weights.h"
#include "encoders/image/picture_squares.h"

namespace ogam {

namespace {

constexpr std::size_t kBatch = 8;  // squares

/// The tower, without the layers above the one whose output is taken.
SiglipPatches::Config tower_config_of(const Checkpoint& checkpoint,
                                      const LlavaOnevisionConfig& whole) {
  const ConfigReader config(checkpoint.config(), checkpoint.origin());
  const auto section = config.section("vision_config");
  auto tower = SiglipPatches::Config::parse(section);
  section.flag("vision_use_head", false);  // the head is not used, whether there is one or not
  section.refuse_unread();
  tower.layers.num_hidden_layers = whole.vision_layers;
  return tower;
}

WeightScope tower_weights(Checkpoint& checkpoint) {
  return weights_under_first(checkpoint, {"model.vision_tower.vision_model.", "model.vision_tower.",
                                          "vision_tower.vision_model.", "vision_tower."});
}

/// What is seen of a picture that lies in the middle of a larger canvas.
/// @param tokens [D, rows, columns] of the canvas.
at::Tensor without_borders(const at::Tensor& tokens, Size picture) {
  const auto rows = tokens.size(1);
  const auto columns = tokens.size(2);
  const auto shown = [](double length, double scale) {
    constexpr double kDigits = 1e7;  // rounded to them before it is cut off
    return static_cast<std::int64_t>(std::nearbyint(length * scale * kDigits) / kDigits);
  };
  const double width = picture.width;
  const double height = picture.height;
  if (width / height > static_cast<double>(columns) / static_cast<double>(rows)) {
    const auto border = (rows - shown(height, static_cast<double>(columns) / width)) / 2;
    return tokens.slice(1, border, rows - border);
  }
  const auto border = (columns - shown(width, static_cast<double>(rows) / height)) / 2;
  return tokens.slice(2, border, columns - border);
}

at::Tensor resized(const at::Tensor& tokens, std::int64_t rows, std::int64_t columns) {
  return at::upsample_bilinear2d(tokens, {rows, columns}, /*align_corners=*/false);
}

TowerTokens all_now(at::Tensor tokens) {
  const auto count = static_cast<std::size_t>(tokens.size(0));
  return {.vectors = std::move(tokens), .times = std::vector<Time>(count)};
}

ImageProcessor processor_of(const Checkpoint& checkpoint, ProcessorKind kind,
                            const SiglipPatches::Config& tower) {
  const auto file = ProcessorConfig::read(checkpoint.folder(), kind);
  const auto config = ImageProcessorConfig::parse(file);
  const int side = static_cast<int>(tower.patches.image_size);
  require(
      config.pixels.do_resize && config.size.exact == Size{side, side} && !config.do_center_crop,
      ErrorCode::unsupported,
      "{}: squares must be resized to the {} pixels of the model's vision_config, and not "
      "cropped",
      file.origin(), side);
  return ImageProcessor(config);
}

std::vector<Size> sizes_of(const Checkpoint& checkpoint, const LlavaOnevisionConfig& config,
                           std::int64_t side) {
  const auto file = ProcessorConfig::read(checkpoint.folder(), ProcessorKind::image);
  require(parse_grid_pinpoints(file.json(), file.origin()) == config.image_grid_pinpoints,
          ErrorCode::corrupt_data,
          "{}: \"image_grid_pinpoints\" are others than those of {}; they belong to different "
          "models",
          file.origin(), checkpoint.origin());
  std::vector<Size> sizes;
  for (const auto& [height, width] : config.image_grid_pinpoints) {
    require(height % side == 0 && width % side == 0, ErrorCode::corrupt_data,
            "{}: \"image_grid_pinpoints\" has {} x {}, which are no multiples of \"image_size\" {}",
            checkpoint.origin(), height, width, side);
    sizes.push_back({static_cast<int>(width), static_cast<int>(height)});
  }
  return sizes;
}

}  // namespace

LlavaOnevisionTower::LlavaOnevisionTower(Checkpoint& checkpoint)
    : config_(LlavaOnevisionConfig::parse(checkpoint.config(), checkpoint.origin())),
      tower_config_(tower_config_of(checkpoint, config_)),
      tower_(tower_weights(checkpoint), tower_config_),
      projector_(weights_under_first(checkpoint,
                                     {"model.multi_modal_projector.", "multi_modal_projector."}),
                 {.size = tower_config_.layers.hidden_size,
                  .intermediate = config_.text_size,
                  .activation = config_.projector_act,
                  .bias = config_.projector_bias,
                  .names = {"linear_1", "linear_2"},
                  .out = config_.text_size}),
      new_line_(checkpoint.weights().get(checkpoint.weights().contains("model.image_newline")
                                             ? "model.image_newline"
                                             : "image_newline",
                                         {config_.text_size})),
      squares_(processor_of(checkpoint, ProcessorKind::image, tower_config_)),
      frames_(processor_of(checkpoint, ProcessorKind::video, tower_config_)),
      sizes_(sizes_of(checkpoint, config_, tower_config_.patches.image_size)) {
  const auto weights = tower_weights(checkpoint);
  weights.ignore("post_layernorm");
  weights.ignore("head");
  constexpr std::int64_t kMaxLayers = 512;
  for (auto i = config_.vision_layers; i < kMaxLayers; ++i) {
    weights.ignore("encoder.layers." + std::to_string(i));
  }
  constexpr double kWhite = 255;
  for (std::size_t i = 0; i < background_.size(); ++i) {
    const double colour = squares_.config().pixels.image_mean[i] * kWhite;
    background_[i] = static_cast<std::uint8_t>(std::clamp(colour, 0.0, kWhite));
  }
}

at::Tensor LlavaOnevisionTower::see(std::span<const Image> squares,
                                    const ImageProcessor& processor) const {
  std::vector<at::Tensor> seen;
  for (std::size_t start = 0; start < squares.size(); start += kBatch) {
    const auto batch = squares.subspan(start, std::min(kBatch, squares.size() - start));
    seen.push_back(projector_(tower_(processor(batch))));
  }
  return at::cat(seen);
}

at::Tensor LlavaOnevisionTower::with_new_line(const at::Tensor& tokens) const {
  return at::cat({tokens, new_line_.unsqueeze(0)});
}

at::Tensor LlavaOnevisionTower::closely(const Image& image) const {
  const Size picture = {image.width, image.height};
  const auto side = static_cast<int>(tower_config_.patches.image_size);
  const auto size = best_size(picture, sizes_);
  auto squares = cut_squares(image, size, side, squares_.config().pixels.resample);
  squares.insert(squares.begin(), image);  // the whole
  const auto seen = see(squares, squares_);
  const auto grid = tower_config_.patches.grid();
  auto close = seen.slice(0, 1)
                   .unflatten(1, {grid, grid})
                   .unflatten(0, {size.height / side, size.width / side})
                   .permute({4, 0, 2, 1, 3})  // [D, squares down, grid, squares across, grid]
                   .flatten(3, 4)
                   .flatten(1, 2);
  close = without_borders(close, picture);
  constexpr double kTolerated = 1.1;
  const auto rows = static_cast<double>(close.size(1));
  const auto columns = static_cast<double>(close.size(2));
  const double excess =
      std::sqrt(rows * columns / static_cast<double>(config_.max_squares * grid * grid));
  if (excess > kTolerated) {
    close = resized(close.unsqueeze(0),
                    std::max<std::int64_t>(1, std::llround(std::floor(rows / excess))),
                    std::max<std::int64_t>(1, std::llround(std::floor(columns / excess))))[0];
  }
  const auto lines = new_line_.view({-1, 1, 1}).expand({-1, close.size(1), 1});
  return at::cat({seen[0], at::cat({close, lines}, 2).flatten(1).t()});
}

std::vector<TowerTokens> LlavaOnevisionTower::pictures(std::span<const Image> images) const {
  const c10::InferenceMode inference;
  std::vector<TowerTokens> seen;
  seen.reserve(images.size());
  for (const Image& image : images) {
    if (images.size() == 1) {
      seen.push_back(all_now(closely(image)));
    } else {
      const Image square = pad_to_square(image, background_);
      seen.push_back(all_now(with_new_line(see({&square, 1}, squares_)[0])));
    }
  }
  return seen;
}

TowerTokens LlavaOnevisionTower::clip(const VideoClip& clip) const {
  const c10::InferenceMode inference;
  require(!clip.frames.empty(), ErrorCode::invalid_argument, "a clip has no frames");
  const auto grid = tower_config_.patches.grid();
  const auto half = (grid + 1) / 2;
  const auto seen = see(clip.frames, frames_).unflatten(1, {grid, grid}).permute({0, 3, 1, 2});
  const auto fewer = resized(seen, half, half).permute({0, 2, 3, 1}).flatten(0, 2);
  return all_now(with_new_line(fewer));
}

VideoSampling LlavaOnevisionTower::sampling() const {
  // The model was trained with up to 32 frames of a video.
  return {.fps = 1, .max_frames = 32};
}

std::unique_ptr<const VisualTower> make_llava_onevision_tower(Checkpoint& checkpoint) {
  return std::make_unique<const LlavaOnevisionTower>(checkpoint);
}

}  // namespace ogam
