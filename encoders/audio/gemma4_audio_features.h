#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "core/nn/processor_config.h"
#include "encoders/audio/mel.h"

namespace ogam {

/// The log-mel frames that Gemma 4's audio tower takes.
/// Source: transformers' `Gemma4AudioFeatureExtractor`.
class Gemma4AudioFeatures {
 public:
  /// Clips longer than this are to be cut before: 30 s at 16 kHz.
  static constexpr std::int64_t kMaxSamples = 480'000;

  /// Named as in preprocessor_config.json.
  struct Config {
    int feature_size = 128;  ///< mel bands
    int sampling_rate = 16000;
    double frame_length_ms = 20;
    double hop_length_ms = 10;
    double min_frequency = 0;
    double max_frequency = 8000;
    double mel_floor = 1e-3;  ///< added before the logarithm

    /// @throws Error{unsupported} for another class and for dither, pre-emphasis, scaling and
    ///     normalisation, Error{corrupt_data} for values that make no sense.
    static Config parse(const ProcessorConfig& config);

    int frame_length() const;  ///< samples
    int hop_length() const;    ///< samples
    int fft_length() const;    ///< the power of two that holds a frame
  };
  /// @throws Error{invalid_argument} for a configuration that makes no sense.
  explicit Gemma4AudioFeatures(const Config& config);

  const Config& config() const { return config_; }

  struct Clip {
    at::Tensor input_features;       ///< [T, feature_size] float32, zero where the mask is false
    at::Tensor input_features_mask;  ///< [T] bool: the frame lies within the clip
  };
  /// Pads the clip with silence to a multiple of 128 samples, as the reference does with a batch of
  /// one.
  /// @param samples mono, at `sampling_rate`; at most kMaxSamples.
  /// @throws Error{invalid_argument} when there are more, or too few for a frame.
  Clip operator()(std::span<const float> samples) const;

 private:
  Config config_;
  MelSpectrogram mel_;
};

}  // namespace ogam
