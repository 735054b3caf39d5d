#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "core/nn/config_reader.h"
#include "core/nn/layers.h"
#include "core/tensor/checkpoint.h"

namespace ogam {

/// What a `vq_config` says of the half of a VQ-GAN that turns codes into a picture.
struct VqDecoderConfig {
  std::int64_t num_embeddings = 0;   ///< codes
  std::int64_t embed_dim = 0;        ///< of a code's vector
  std::int64_t latent_channels = 0;  ///< of what goes into the decoder
  std::int64_t base_channels = 0;
  std::vector<std::int64_t> channel_multiplier;  ///< by resolution, the highest first
  std::int64_t num_res_blocks = 0;
  std::int64_t num_patches = 0;  ///< codes of a picture's side

  /// Reads all but `num_patches`, which the whole model's configuration gives, and leaves what is
  /// not the decoder's.
  /// @throws Error{corrupt_data, unsupported}.
  static VqDecoderConfig parse(const ConfigReader& config, std::int64_t num_patches);

  /// Pixels of a picture's side.
  std::int64_t side() const {
    return num_patches << (static_cast<std::int64_t>(channel_multiplier.size()) - 1);
  }
};

/// The decoder of a VQ-GAN with its codebook: residual blocks, attention at the lowest resolution,
/// and upsampling. Names: those of the reference class `JanusVQVAE`. Source: Esser et al. 2021,
/// "Taming Transformers", section 3.1; normed codes: Yu et al. 2022, "Vector-quantized image
/// modeling with improved VQGAN", section 3.2.
class VqDecoder {
 public:
  VqDecoder(const VqDecoderConfig& config, const WeightScope& weights);

  const VqDecoderConfig& config() const { return config_; }

  /// @param codes [num_patches^2] integers from 0 to num_embeddings - 1, row by row.
  /// @return [3, side, side] float32, about -1 to 1.
  /// @throws Error{invalid_argument} for codes of another shape or out of range.
  at::Tensor operator()(const at::Tensor& codes) const;

 private:
  struct Norm {
    Norm(const WeightScope& weights, std::int64_t channels);
    at::Tensor operator()(const at::Tensor& x) const;

    at::Tensor weight;
    at::Tensor bias;
  };
  struct ResidualBlock {
    ResidualBlock(const WeightScope& weights, std::int64_t in, std::int64_t out);
    at::Tensor operator()(const at::Tensor& x) const;

    Norm norm1;
    Conv conv1;
    Norm norm2;
    Conv conv2;
    std::optional<Conv> shortcut;  // where the numbers of channels differ
  };
  struct AttentionBlock {
    AttentionBlock(const WeightScope& weights, std::int64_t channels);
    at::Tensor operator()(const at::Tensor& x) const;

    Norm norm;
    Conv query;
    Conv key;
    Conv value;
    Conv out;
  };
  /// The blocks of a resolution.
  struct Level {
    std::vector<ResidualBlock> blocks;
    std::vector<AttentionBlock> attention;  // after each block, or none
    std::optional<Conv> upsample;           // but for the last
  };

  VqDecoderConfig config_;
  Embedding codebook_;
  Conv post_quant_conv_;
  Conv conv_in_;
  ResidualBlock mid_block_1_;
  AttentionBlock mid_attention_;
  ResidualBlock mid_block_2_;
  std::vector<Level> levels_;
  Norm norm_out_;
  Conv conv_out_;
};

}  // namespace ogam
