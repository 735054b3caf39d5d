#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/nn/conv1d.h"
#include "decoders/audio/vits_config.h"

namespace ogam {

/// HiFi-GAN's generator, from latents to a waveform: transposed convolutions, and after each the
/// mean of residual blocks of several kernels.
///
/// Long sound is made in pieces that overlap by as much as a sample can see, so that memory does
/// not grow with its length; the samples are those of the whole.
/// Names as in Hugging Face `VitsHifiGan`; blocks of the single kind have `convs`.
/// Source: Kong et al. 2020, section 2.2.
class HifiGan {
 public:
  HifiGan(const HifiGanConfig& config, const WeightScope& weights);

  /// @param latents [1, in_channels, L], L at least 1.
  /// @param speaker [1, speaker_size, 1], or undefined.
  /// @return [L * hop_length] samples in [-1, 1].
  at::Tensor forward(const at::Tensor& latents, const at::Tensor& speaker) const;

 private:
  struct Block {
    Block(const HifiGanConfig& config, const WeightScope& weights, std::int64_t channels,
          std::size_t kernel);
    at::Tensor operator()(const at::Tensor& x) const;

    double slope;
    std::vector<Conv1d> convs;    // dilated
    std::vector<Conv1d> convs_2;  // as many, or none
  };
  struct Stage {
    Stage(const HifiGanConfig& config, const WeightScope& weights, std::size_t index);
    at::Tensor operator()(const at::Tensor& x) const;

    double slope;
    Conv1d upsampler;
    std::vector<Block> blocks;
  };

  at::Tensor decode_piece(const at::Tensor& latents, const at::Tensor& speaker) const;

  HifiGanConfig config_;
  Conv1d conv_pre_;
  std::vector<Conv1d> cond_;  // one, or none without speakers
  std::vector<Stage> stages_;
  Conv1d conv_post_;
};

}  // namespace ogam
