#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <vector>

#include "core/nn/processor_config.h"

namespace ogam {

/// Sound as it is, padded for models that take waveforms.
/// Sources: transformers' `DacFeatureExtractor`, and `PeAudioFeatureExtractor`, which mirrors the
/// end of every clip up to the next multiple.
class WaveformFeatures {
 public:
  /// Named as in preprocessor_config.json.
  struct Config {
    int sampling_rate = 16000;
    int hop_length = 512;      ///< samples of which clips are made a multiple
    double padding_value = 0;  ///< after the clip
    bool reflect = false;      ///< mirror the clip's end before that; a matter of the class

    /// @throws Error{unsupported} for another class and for more than one channel,
    ///     Error{corrupt_data} for values that make no sense.
    static Config parse(const ProcessorConfig& config);
  };
  explicit WaveformFeatures(const Config& config) : config_(config) {}

  const Config& config() const { return config_; }

  struct Batch {
    at::Tensor input_values;  ///< [B, 1, L] float32, L the longest clip's multiple of hop_length
    at::Tensor padding_mask;  ///< [B, L] int32: 1 where the clip (with its mirrored end) is
  };
  /// @param clips mono, at `sampling_rate`.
  /// @throws Error{invalid_argument} when there are none or one is empty.
  Batch operator()(std::span<const std::vector<float>> clips) const;

 private:
  Config config_;
};

}  // namespace ogam
