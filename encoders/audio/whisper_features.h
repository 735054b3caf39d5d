#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "encoders/audio/mel.h"

namespace ogam {

/// Whisper's log-mel frames of one window of 16 kHz mono sound.
/// Source: Radford et al. 2022, section 2.2.
class WhisperFeatures {
 public:
  struct Config {
    std::int64_t num_mel_bins = 80;
    std::int64_t frames = 3000;  ///< of a window, one per 10 ms
  };
  explicit WhisperFeatures(const Config& config);

  /// Samples that fill a window.
  std::int64_t window_samples() const;

  /// @param samples at most window_samples(); silence follows them.
  /// @return [num_mel_bins, frames] float32.
  /// @throws Error{invalid_argument} when there are more.
  at::Tensor operator()(std::span<const float> samples) const;

 private:
  std::int64_t frames_;
  MelSpectrogram mel_;
};

}  // namespace ogam
