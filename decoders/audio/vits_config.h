#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/json.h"

namespace ogam {

/// How the residual blocks of a HiFi-GAN are built. Source: Kong et al. 2020, appendix A.1.
enum class ResidualBlock {
  paired,  ///< "1": each dilated convolution is followed by one without dilation
  single,  ///< "2": dilated convolutions alone
};

struct HifiGanConfig {
  std::int64_t in_channels = 0;
  std::int64_t initial_channels = 0;  ///< halved by each upsampling
  std::vector<std::int64_t> upsample_rates;
  std::vector<std::int64_t> upsample_kernels;
  std::vector<std::int64_t> block_kernels;
  std::vector<std::vector<std::int64_t>> block_dilations;  ///< of each kernel
  ResidualBlock block = ResidualBlock::paired;
  double leaky_relu_slope = 0.1;
  std::int64_t speaker_size = 0;  ///< 0 without speakers

  /// Samples that one frame becomes.
  std::int64_t hop_length() const;
};

/// Hugging Face's `VitsConfig`, as far as speech is made with it.
///
/// One key is ogam's own: `resblock`, "1" (what transformers implements, and the default) or "2",
/// as HiFi-GAN's own configurations call it; Piper's voices of medium quality have "2".
struct VitsConfig {
  std::int64_t vocab_size = 0;
  std::int64_t hidden_size = 0;
  std::int64_t num_hidden_layers = 0;
  std::int64_t num_attention_heads = 0;
  std::int64_t window_size = 0;
  std::int64_t ffn_dim = 0;
  std::int64_t ffn_kernel_size = 0;
  std::int64_t flow_size = 0;
  std::string hidden_act;
  double layer_norm_eps = 0;
  bool use_bias = true;

  bool use_stochastic_duration_prediction = true;
  std::int64_t depth_separable_num_layers = 0;
  std::int64_t duration_predictor_flow_bins = 0;
  double duration_predictor_tail_bound = 0;
  std::int64_t duration_predictor_kernel_size = 0;
  std::int64_t duration_predictor_num_flows = 0;
  std::int64_t duration_predictor_filter_channels = 0;

  std::int64_t prior_encoder_num_flows = 0;
  std::int64_t prior_encoder_num_wavenet_layers = 0;
  std::int64_t wavenet_kernel_size = 0;
  std::int64_t wavenet_dilation_rate = 0;

  std::int64_t num_speakers = 1;
  std::int64_t speaker_embedding_size = 0;  ///< 0 where there is one speaker
  double speaking_rate = 1;
  double noise_scale = 0;
  double noise_scale_duration = 0;
  std::int64_t sampling_rate = 0;
  HifiGanConfig decoder;

  /// @param origin the file's name, for errors.
  /// @throws Error{corrupt_data} for sizes that are absurd or do not fit each other,
  ///     Error{unsupported} for mathematics that is not implemented.
  static VitsConfig parse(const Json& config, const std::string& origin);
};

}  // namespace ogam
