#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/nn/layers.h"
#include "core/nn/same_conv.h"
#include "core/tensor/checkpoint.h"
#include "encoders/class_posterior.h"
#include "encoders/encoder.h"

namespace ogam {

/// What config.json says of an EfficientNet-Lite.
struct EfficientNetLiteConfig {
  /// Blocks of one shape, one after the other; the first takes the stride and the change of width.
  struct Stage {
    std::int64_t kernel_size = 0;
    std::int64_t stride = 0;
    std::int64_t expand_ratio = 0;
    std::int64_t in_channels = 0;
    std::int64_t out_channels = 0;
    std::int64_t num_blocks = 0;
  };

  std::int64_t image_size = 0;  ///< side of the square that the network sees, in pixels
  std::int64_t crop_padding =
      0;  ///< a short edge of image_size + crop_padding would give a square of image_size
  double pixel_mean = 0;
  double pixel_scale = 1;  ///< the network sees (pixel - pixel_mean) / pixel_scale
  double batch_norm_eps = 0;
  std::int64_t stem_channels = 0;
  std::int64_t head_channels = 0;
  std::int64_t num_labels = 0;
  std::vector<Stage> stages;
  int posterior_top_k = 0;
  std::vector<std::string> labels;  ///< the class names, [num_labels]

  /// @throws Error{corrupt_data} when a value is missing or absurd, Error{unsupported} for
  /// mathematics that is
  ///     not implemented.
  static EfficientNetLiteConfig parse(const Json& config, const std::string& origin);
};

/// EfficientNet-Lite: inverted bottlenecks of depthwise convolutions with ReLU6 and TensorFlow's
/// padding.
///
/// Outputs: `posterior` [N, num_labels] (see posterior_vectors) and `features` [N, head_channels],
/// the normalised mean of the last layer. Pictures are encoded one at a time: a batch is no faster
/// on a CPU, and so a picture's vectors are the same bits whatever it is encoded with.
///
/// Source: Tan and Le 2019; the Lite variants drop squeeze-and-excitation and use ReLU6.
class EfficientNetLite : public ImageEncoder {
 public:
  EfficientNetLite(const EfficientNetLiteConfig& config, const WeightScope& weights);

  std::vector<EncoderOutputInfo> outputs() const override;
  std::vector<EncoderOutput> encode(std::span<const Image> images) const override;

  const EfficientNetLiteConfig& config() const { return config_; }

  /// The centre square, scaled to image_size, as [1, 3, image_size, image_size] float32.
  /// @throws Error{invalid_argument} for an empty picture.
  at::Tensor preprocess(const Image& image) const;

  /// @param pixels [N, 3, H, W] as `preprocess` gives them.
  /// @return [N, head_channels], the mean of the last layer over the picture.
  at::Tensor features(const at::Tensor& pixels) const;

  /// @param features [N, head_channels].
  /// @return [N, num_labels].
  at::Tensor logits(const at::Tensor& features) const;

 private:
  struct Block {
    std::optional<SameConv> expand;
    SameConv depthwise;
    SameConv project;
    bool residual = false;

    at::Tensor operator()(const at::Tensor& x) const;
  };

  EfficientNetLiteConfig config_;
  SameConv stem_;
  std::vector<Block> blocks_;
  SameConv head_;
  Linear classifier_;
};

/// Builds the model from a folder with `model_type` "efficientnet_lite".
/// @throws Error{corrupt_data, unsupported}.
Encoders make_efficientnet_lite(Checkpoint& checkpoint);

}  // namespace ogam
