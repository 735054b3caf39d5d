#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "core/tensor/checkpoint.h"
#include "decoders/audio/vits_config.h"

namespace ogam {

/// How long each token of a text is spoken.
class VitsDurations {
 public:
  virtual ~VitsDurations() = default;

  /// @param states [1, hidden_size, T] of the text encoder.
  /// @param speaker [1, speaker_embedding_size, 1], or undefined.
  /// @param noise [1, 2, T] that varies the rhythm; zeros give the middle. Undefined for the
  ///     plain predictor.
  /// @return [1, 1, T]: the logarithm of each token's number of frames.
  virtual at::Tensor log_durations(const at::Tensor& states, const at::Tensor& speaker,
                                   const at::Tensor& noise) const = 0;
};

/// The predictor that a model has: the stochastic one (Hugging Face
/// `VitsStochasticDurationPredictor`; Kim et al. 2021, section 2.2.2, with the spline flows of
/// Durkan et al. 2019), or the plain one (`VitsDurationPredictor`).
std::unique_ptr<VitsDurations> make_vits_durations(const VitsConfig& config,
                                                   const WeightScope& weights);

}  // namespace ogam
