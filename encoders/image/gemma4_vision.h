#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/nn/config_reader.h"
#include "core/nn/gemma_block.h"
#include "core/tensor/checkpoint.h"

namespace ogam {

/// What config.json says of Gemma 4's vision tower (the reference's Gemma4VisionConfig).
struct Gemma4VisionConfig {
  GemmaBlockConfig block;
  std::int64_t num_hidden_layers = 0;
  std::int64_t patch_size = 0;               ///< side of a patch in pixels
  std::int64_t pooling_kernel_size = 0;      ///< side of the square of patches behind a soft token
  std::int64_t position_embedding_size = 0;  ///< patches along a side, at most
  double rope_theta = 0;
  bool standardize = false;  ///< soft tokens are shifted and scaled by trained vectors

  /// @throws Error{corrupt_data} when a value is missing or absurd, Error{unsupported} for
  ///     mathematics that is not implemented.
  static Gemma4VisionConfig parse(const ConfigReader& config);
};

/// Gemma 4's vision tower: a transformer over the patches of pictures of any aspect ratio, whose
/// outputs are averaged over squares of patches into soft tokens.
///
/// Source: the reference class Gemma4VisionModel. Names: `patch_embedder.input_proj`,
/// `patch_embedder.position_embedding_table`, `encoder.layers`, `std_bias`, `std_scale`.
class Gemma4Vision {
 public:
  Gemma4Vision(const Gemma4VisionConfig& config, const WeightScope& weights);

  const Gemma4VisionConfig& config() const { return config_; }

  /// How many patches pictures have along their sides.
  struct Grid {
    std::int64_t rows = 0;
    std::int64_t columns = 0;
  };
  /// @param patches [B, rows * columns, patch_size * patch_size * 3] float32 from 0 to 1: patches
  /// in
  ///     raster order, a patch's values by row, column and channel. All pictures have one grid, so
  ///     that none is padded.
  /// @param grid multiples of pooling_kernel_size, at most position_embedding_size.
  /// @return [B, rows * columns / pooling_kernel_size^2, hidden_size] in raster order, in the
  ///     weights' precision.
  /// @throws Error{invalid_argument} for other shapes.
  at::Tensor forward(const at::Tensor& patches, const Grid& grid) const;

 private:
  at::Tensor pool(const at::Tensor& x, const Grid& grid) const;

  Gemma4VisionConfig config_;
  Linear input_;
  at::Tensor positions_;  // [2, position_embedding_size, hidden_size]: by column, by row
  std::vector<GemmaBlock> layers_;
  at::Tensor frequencies_;  // [head_dim / 4]
  at::Tensor std_bias_;     // [hidden_size]; undefined unless standardized
  at::Tensor std_scale_;
};

}  // namespace ogam
