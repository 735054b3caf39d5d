#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "core/media/image.h"
#include "core/nn/processor_config.h"
#include "encoders/image/pixel_values.h"

namespace ogam {

/// To which size a picture is resized: to `exact`, or so that its shorter side is `shortest_edge`
/// and its longer one at most `longest_edge`.
struct ResizeRule {
  std::optional<Size> exact = {};
  int shortest_edge = 0;
  std::optional<int> longest_edge = {};

  /// @throws Error{resource_exhausted} when a narrow picture would become too long.
  Size operator()(Size from) const;
};

struct ImageProcessorConfig {
  PixelConfig pixels;
  ResizeRule size;
  bool do_center_crop = false;
  Size crop_size;

  /// Sources: transformers' `CLIPImageProcessor`, `SiglipImageProcessor`, `BitImageProcessor`
  /// (DINOv2), `ViTImageProcessor`, the names that their older files give them, for the squares
  /// that it cuts `LlavaOnevisionImageProcessor`, and, for frames, `PeVideoVideoProcessor` and
  /// `LlavaOnevisionVideoProcessor`.
  /// @throws Error{unsupported} for another class and for steps that are not implemented,
  ///     Error{corrupt_data} for values that make no sense.
  static ImageProcessorConfig parse(const ProcessorConfig& config);
};

/// Turns pictures into the input of an image encoder: resize, cut the middle out, rescale and
/// normalise, as the model folder's preprocessor_config.json says. Equal to transformers'
/// torchvision-backed processors bit for bit.
class ImageProcessor {
 public:
  explicit ImageProcessor(const ImageProcessorConfig& config);

  /// The processor of a model folder.
  /// @param kind image, or video for that of a video's frames.
  /// @throws what ProcessorConfig::read and ImageProcessorConfig::parse throw.
  static ImageProcessor open(const std::filesystem::path& folder,
                             ProcessorKind kind = ProcessorKind::image);

  const ImageProcessorConfig& config() const { return config_; }

  /// @return [N, 3, H, W] float32.
  /// @throws Error{invalid_argument} for no or empty pictures, and when they come out in different
  ///     sizes, as they can where nothing is cut; Error{resource_exhausted} for too narrow ones.
  at::Tensor operator()(std::span<const Image> images) const;

 private:
  ImageProcessorConfig config_;
  PixelValues values_;
};

}  // namespace ogam
