#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/nn/conv1d.h"
#include "decoders/audio/vits_config.h"

namespace ogam {

/// VITS's normalizing flow, from what a text leads one to expect to what sound is made of. Each of
/// its layers moves one half of the channels by what a WaveNet makes of the other half.
/// Names as in Hugging Face `VitsResidualCouplingBlock`, convolutions normalised or not.
/// Source: Kim et al. 2021, section 2.2.1.
class VitsFlow {
 public:
  VitsFlow(const VitsConfig& config, const WeightScope& weights);

  /// The flow undone, which is the direction of synthesis.
  /// @param latents [1, flow_size, L].
  /// @param speaker [1, speaker_embedding_size, 1], or undefined.
  /// @return [1, flow_size, L].
  at::Tensor invert(const at::Tensor& latents, const at::Tensor& speaker) const;

 private:
  /// Dilated convolutions with gates. Source: van den Oord et al. 2016, section 2.3.
  struct WaveNet {
    WaveNet(const VitsConfig& config, const WeightScope& weights);
    at::Tensor operator()(const at::Tensor& x, const at::Tensor& speaker) const;

    std::int64_t channels;
    std::vector<Conv1d> in_layers;
    std::vector<Conv1d> res_skip_layers;
    std::vector<Conv1d> cond_layer;  // one, or none without speakers
  };
  struct Coupling {
    Coupling(const VitsConfig& config, const WeightScope& weights);
    at::Tensor invert(const at::Tensor& latents, const at::Tensor& speaker) const;

    Conv1d conv_pre;
    WaveNet wavenet;
    Conv1d conv_post;
  };

  std::vector<Coupling> flows_;
};

}  // namespace ogam
