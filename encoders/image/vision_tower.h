#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "core/nn/config_reader.h"
#include "core/tensor/checkpoint.h"

namespace ogam {

/// How a vision transformer cuts square pictures into patches.
struct PatchGridConfig {
  std::int64_t image_size = 0;  ///< pixels a side
  std::int64_t patch_size = 0;

  /// Patches a side; pixels that fill no whole patch are left out.
  std::int64_t grid() const { return image_size / patch_size; }

  struct Defaults {
    std::int64_t image_size = 224;
    std::int64_t patch_size = 0;
  };

  /// @throws Error{corrupt_data} when a patch is larger than the picture, Error{unsupported} for
  ///     pictures that are not of three colours.
  static PatchGridConfig parse(const ConfigReader& reader, const Defaults& defaults);

  /// For towers whose positions are of this one grid.
  /// @throws Error{invalid_argument} unless `pixels` is [N, 3, image_size, image_size].
  void require_fitting(const at::Tensor& pixels) const;
};

/// The weights of an image tower that is a checkpoint of its own. Newer files leave out the prefix
/// that it has within a whole model.
WeightScope lone_vision_tower(Checkpoint& checkpoint);

/// Cuts pictures into patches and projects each: a convolution whose stride is its kernel. Names:
/// `weight`, `bias`. Source: Dosovitskiy et al. 2021, section 3.1.
class PatchEmbedding {
 public:
  struct Config {
    std::int64_t patch_size = 0;
    std::int64_t size = 0;  ///< D
    bool bias = true;
  };
  PatchEmbedding(const WeightScope& weights, const Config& config);

  /// @param pixels [N, 3, H, W] floating point, brought to the precision of the weights.
  /// @return [N, (H / patch_size) * (W / patch_size), D], row by row from the top left.
  at::Tensor operator()(const at::Tensor& pixels) const;

 private:
  at::Tensor weight_;  // [D, 3, patch_size, patch_size]
  at::Tensor bias_;    // [D]; undefined without a bias
};

}  // namespace ogam
