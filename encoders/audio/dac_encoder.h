#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/nn/config_reader.h"
#include "core/nn/conv1d.h"
#include "core/nn/dac_blocks.h"

namespace ogam {

/// The part of a Hugging Face `DacConfig` that concerns the encoder.
struct DacEncoderConfig {
  std::int64_t encoder_hidden_size = 0;           ///< channels at the full rate; each block doubles
  std::vector<std::int64_t> downsampling_ratios;  ///< of every block
  std::int64_t hidden_size = 0;                   ///< of the output
  std::int64_t codebook_dim = 0;  ///< of the bottleneck behind it, which its owner has

  /// Samples that become one frame.
  std::int64_t hop_length() const;
  /// Channels after the last block.
  std::int64_t width() const { return encoder_hidden_size << downsampling_ratios.size(); }

  /// @param defaults the values of keys that are left out; hidden_size 0 stands for width().
  /// @throws Error{corrupt_data} when a value is absurd or does not fit the others.
  static DacEncoderConfig parse(const ConfigReader& config, const DacEncoderConfig& defaults);
};

/// The encoder of the Descript Audio Codec: dilated convolutions with Snake activations, and a
/// strided convolution after each block of them.
///
/// Sound is encoded in pieces that overlap by as much as a frame can see, so that memory does not
/// grow with its length; the frames are those of the whole.
/// Names as in Hugging Face `DacEncoder`, weights normalised or not. Source: Kumar et al. 2023,
/// section 3.1.
class DacEncoder {
 public:
  DacEncoder(const WeightScope& weights, const DacEncoderConfig& config);

  /// @param samples [S] floating point, S a multiple of hop_length() and not 0.
  /// @return [hidden_size, S / hop_length()] in the precision of the weights.
  /// @throws Error{invalid_argument} when `samples` has another shape.
  at::Tensor forward(const at::Tensor& samples) const;

  const DacEncoderConfig& config() const { return config_; }

 private:
  struct Block {
    Block(const WeightScope& weights, std::int64_t channels, std::int64_t stride);
    at::Tensor operator()(const at::Tensor& x) const;

    DacResidualUnits units;
    Snake snake1;
    Conv1d conv1;
  };

  /// The frames of a piece [S], as if nothing were beside it.
  at::Tensor encode_piece(const at::Tensor& samples) const;

  DacEncoderConfig config_;
  at::ScalarType precision_;
  Conv1d conv1_;
  std::vector<Block> blocks_;
  Snake snake1_;
  Conv1d conv2_;
};

}  // namespace ogam
