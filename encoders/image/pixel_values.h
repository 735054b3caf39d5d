#pragma once

#include <array>
#include <cstdint>

#include "core/media/resample.h"
#include "core/nn/processor_config.h"

namespace ogam {

using ChannelValues = std::array<double, 3>;

inline constexpr ChannelValues kHalf = {0.5, 0.5, 0.5};
inline constexpr ChannelValues kClipMean = {0.48145466, 0.4578275, 0.40821073};
inline constexpr ChannelValues kClipStd = {0.26862954, 0.26130258, 0.27577711};

/// The settings that every image preprocessor has, under the names that they have in its file.
struct PixelConfig {
  bool do_resize = true;
  ResampleFilter resample = ResampleFilter::bicubic;
  bool do_rescale = true;
  double rescale_factor = 1.0 / 255;
  bool do_normalize = true;
  ChannelValues image_mean = kHalf;
  ChannelValues image_std = kHalf;

  /// @param defaults the class's own, for keys that are missing or null.
  /// @throws Error{corrupt_data} for values that make no sense.
  static PixelConfig parse(const ProcessorConfig& config, const PixelConfig& defaults);
};

/// The numbers that stand for 8-bit samples in a model's input, equal to those of transformers'
/// `TorchvisionBackend.rescale_and_normalize`.
class PixelValues {
 public:
  explicit PixelValues(const PixelConfig& config);

  /// By sample.
  const std::array<float, 256>& channel(std::size_t c) const { return values_[c]; }

 private:
  std::array<std::array<float, 256>, 3> values_;
};

}  // namespace ogam
