#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "core/media/image.h"
#include "core/nn/processor_config.h"
#include "encoders/image/patch_packer.h"
#include "encoders/image/patch_sizes.h"
#include "encoders/image/pixel_values.h"

namespace ogam {

// Preprocessors that resize a picture to a budget of patches and hand out the patches, equal to
// transformers' torchvision-backed processors bit for bit. `Config::parse` takes what
// ProcessorConfig::read finds in a model folder; it throws Error{unsupported} for other classes and
// for steps that are not implemented, and Error{corrupt_data} for values that make no sense.

/// SigLIP 2's for pictures of any shape. Source: `Siglip2ImageProcessor`.
class NaflexProcessor {
 public:
  struct Config {
    PixelConfig pixels;
    NaflexBudget budget;
    static Config parse(const ProcessorConfig& config);
  };
  explicit NaflexProcessor(const Config& config);

  const Config& config() const { return config_; }

  struct Batch {
    at::Tensor pixel_values;          ///< [N, max_num_patches, 3 * patch_size^2] float32, then 0
    at::Tensor pixel_attention_mask;  ///< [N, max_num_patches] int32: 1 where patches are
    at::Tensor spatial_shapes;        ///< [N, 2] int64: patches down and across
  };
  /// @throws Error{invalid_argument} for no or empty pictures.
  Batch operator()(std::span<const Image> images) const;

 private:
  Config config_;
  PatchLayout layout_;
  PixelValues values_;
};

/// Gemma 4's, for pictures and for the frames of videos. Sources: `Gemma4ImageProcessor`,
/// `Gemma4VideoProcessor`, `EmbeddingGemma2VideoProcessor`.
class Gemma4Processor {
 public:
  struct Config {
    PixelConfig pixels;
    Gemma4Budget budget;
    static Config parse(const ProcessorConfig& config);
  };
  explicit Gemma4Processor(const Config& config);

  const Config& config() const { return config_; }

  struct Batch {
    at::Tensor pixel_values;  ///< [N, max_patches, 3 * patch_size^2] float32, then 0
    at::Tensor position_ids;  ///< [N, max_patches, 2] int64: column and row, then -1
    std::vector<std::int64_t> num_soft_tokens;  ///< [N]
  };
  /// @throws Error{invalid_argument} for no or empty pictures, and for shapes that fit no budget.
  Batch operator()(std::span<const Image> images) const;

 private:
  Config config_;
  PatchLayout layout_;
  PixelValues values_;
};

/// Qwen's since Qwen2-VL. Sources: `Qwen2VLImageProcessor`, which Qwen3-VL uses too,
/// `Qwen2VLVideoProcessor` and `Qwen3VLVideoProcessor`.
class QwenProcessor {
 public:
  struct Config {
    PixelConfig pixels;
    PatchLayout layout;
    QwenBudget budget;
    bool shares_budget = false;         ///< the frames of a video have one budget, not one each
    bool cap_pixels_per_frame = false;  ///< of a video
    int max_video_tokens = 768;         ///< merged patches of a frame, where it is capped
    static Config parse(const ProcessorConfig& config);
  };
  explicit QwenProcessor(const Config& config);

  const Config& config() const { return config_; }

  struct Patches {
    /// [P, 3 * temporal_patch_size * patch_size^2] float32: the patches of all pictures after each
    /// other, in blocks of merge_size^2.
    at::Tensor pixel_values;
    at::Tensor grid_thw;  ///< [N, 3] int64: patches in time, down and across
  };
  /// @throws Error{invalid_argument} for no, empty or too narrow pictures.
  Patches images(std::span<const Image> images) const;

  /// @param frames of one video, as they were sampled, at least temporal_patch_size.
  /// @throws Error{invalid_argument} for other numbers of frames, and frames of different sizes.
  Patches video(std::span<const Image> frames) const;

 private:
  Size video_size(Size from, std::int64_t frames) const;

  Config config_;
  PixelValues values_;
};

}  // namespace ogam
