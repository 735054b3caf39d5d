#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "core/nn/processor_config.h"
#include "encoders/audio/mel.h"

namespace ogam {

/// Whisper's log-mel frames of one window of mono sound.
/// Sources: Radford et al. 2022, section 2.2; transformers' `WhisperFeatureExtractor`.
class WhisperFeatures {
 public:
  /// Named as in preprocessor_config.json.
  struct Config {
    int feature_size = 80;  ///< mel bands
    int sampling_rate = 16000;
    int hop_length = 160;   ///< samples from one frame to the next
    int chunk_length = 30;  ///< seconds of a window
    int n_fft = 400;

    /// @throws Error{unsupported} for another class and for noise or padding that is not silent,
    ///     Error{corrupt_data} for values that make no sense.
    static Config parse(const ProcessorConfig& config);

    std::int64_t window_samples() const { return std::int64_t{chunk_length} * sampling_rate; }
    std::int64_t frames() const { return window_samples() / hop_length; }
  };
  /// @throws Error{invalid_argument} for a configuration that makes no sense.
  explicit WhisperFeatures(const Config& config);

  const Config& config() const { return config_; }

  /// Samples that fill a window.
  std::int64_t window_samples() const { return config_.window_samples(); }

  /// @param samples at most window_samples(); silence follows them.
  /// @return [feature_size, frames()] float32.
  /// @throws Error{invalid_argument} when there are more.
  at::Tensor operator()(std::span<const float> samples) const;

 private:
  Config config_;
  MelSpectrogram mel_;
};

}  // namespace ogam
