#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/nn/layers.h"
#include "core/tensor/checkpoint.h"

namespace ogam {

/// What config.json says of a TransNetV2.
struct TransNetV2Config {
  std::int64_t frame_width = 0;
  std::int64_t frame_height = 0;
  std::int64_t filters =
      0;  ///< of one branch in the first stack; twice as many in each further one
  std::int64_t num_stacks = 0;
  std::int64_t blocks_per_stack = 0;
  std::vector<std::int64_t> dilations;  ///< in frames, one branch each
  double batch_norm_eps = 0;
  std::int64_t hidden_size = 0;
  std::int64_t lookup_window =
      0;  ///< frames that a frame is compared with, itself in the middle; odd
  std::int64_t similarity_dim = 0;
  std::int64_t output_dim = 0;  ///< of each comparison
  std::int64_t window = 0;      ///< frames that the network sees at once
  std::int64_t stride = 0;      ///< from a window to the next; what is kept of each, its middle
  double threshold = 0;         ///< a frame with a higher probability is in a transition

  /// @throws Error{corrupt_data} when a value is missing or absurd, Error{unsupported} for
  /// mathematics that is
  ///     not implemented.
  static TransNetV2Config parse(const Json& config, const std::string& origin);
};

/// TransNetV2: finds the transitions between shots in small frames.
///
/// Stacks of (2+1)-dimensional convolutions, dilated in time, beside two comparisons of each frame
/// with its neighbours: by learned features and by colour histograms. Weight names equal those of
/// the authors' PyTorch code. Source: Souček and Lokoč 2020, "TransNet V2", sections 3 and 4.
class TransNetV2 {
 public:
  /// Probabilities for each frame, [T].
  struct Output {
    at::Tensor cut;         ///< that it is the middle of a transition
    at::Tensor transition;  ///< that it belongs to one
  };

  TransNetV2(const TransNetV2Config& config, const WeightScope& weights);

  const TransNetV2Config& config() const { return config_; }

  /// @param frames [T, frame_height, frame_width, 3] uint8 RGB, consecutive, T >= 1.
  /// @throws Error{invalid_argument} when `frames` is something else.
  Output forward(const at::Tensor& frames) const;

 private:
  /// Branches of a spatial and a dilated temporal convolution, side by side, then batch
  /// normalisation.
  struct Block {
    struct Branch {
      at::Tensor weight;  // [F, 2F, 3, 1]: over time, with the normalisation folded in
      std::int64_t dilation = 1;
    };
    at::Tensor spatial;  // [branches * 2F, in, 3, 3]: of all branches, one after the other
    std::vector<Branch> branches;
    at::Tensor shift;  // [branches * F]

    at::Tensor operator()(const at::Tensor& x) const;
  };

  Block make_block(const WeightScope& weights, std::int64_t in, std::int64_t filters) const;

  /// [T, T] similarities -> [T, output_dim]: what `fc` makes of each frame's neighbourhood.
  at::Tensor compare(const at::Tensor& similarities, const Linear& fc) const;

  TransNetV2Config config_;
  std::vector<std::vector<Block>> stacks_;
  Linear similarity_projection_;
  Linear similarity_fc_;
  Linear histogram_fc_;
  Linear fc1_;
  Linear cut_;
  Linear transition_;
};

/// Builds the model from a folder with `model_type` "transnet_v2".
/// @throws Error{corrupt_data, unsupported}.
std::unique_ptr<TransNetV2> make_transnet_v2(Checkpoint& checkpoint);

}  // namespace ogam
