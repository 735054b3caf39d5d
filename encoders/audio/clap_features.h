#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "core/nn/processor_config.h"
#include "encoders/audio/mel.h"

namespace ogam {

/// CLAP's log-mel frames of one clip, in decibels.
/// Sources: Wu et al. 2023, section 3.3; transformers' `ClapFeatureExtractor`.
///
/// Where the reference draws by chance, this takes the middle, so that equal sounds give equal
/// frames: the middle of a long clip under `rand_trunc`; under `fusion` the middle one of the
/// positions among which the reference draws each of its three cuts.
class ClapFeatures {
 public:
  enum class Truncation { fusion, rand_trunc };
  enum class Padding { repeatpad, repeat, pad };

  /// Named as in preprocessor_config.json.
  struct Config {
    int feature_size = 64;  ///< mel bands
    int sampling_rate = 48000;
    int hop_length = 480;   ///< samples from one frame to the next
    int max_length_s = 10;  ///< seconds of a window
    int fft_window_size = 1024;
    double frequency_min = 0;
    double frequency_max = 14000;
    Truncation truncation = Truncation::fusion;
    Padding padding = Padding::repeatpad;

    /// @throws Error{unsupported} for another class and for ways that are not implemented,
    ///     Error{corrupt_data} for values that make no sense.
    static Config parse(const ProcessorConfig& config);

    std::int64_t window_samples() const { return std::int64_t{max_length_s} * sampling_rate; }
    std::int64_t frames() const { return window_samples() / hop_length + 1; }
  };
  /// @throws Error{invalid_argument} for a configuration that makes no sense.
  explicit ClapFeatures(const Config& config);

  const Config& config() const { return config_; }

  struct Clip {
    /// [4, frames(), feature_size] float32 under fusion: the whole clip shrunk to a window, then
    /// cuts of its beginning, middle and end, or four times the same when it is not longer;
    /// [1, frames(), feature_size] under rand_trunc.
    at::Tensor input_features;
    /// Whether the clip was longer than a window. Under fusion the reference marks one clip of a
    /// batch that has no longer one, by chance; it is for the model to decide what follows.
    bool is_longer = false;
  };
  /// @param samples mono, at `sampling_rate`.
  /// @throws Error{invalid_argument} when there are none.
  Clip operator()(std::span<const float> samples) const;

 private:
  at::Tensor decibels(const at::Tensor& samples) const;
  at::Tensor fuse(const at::Tensor& frames) const;

  Config config_;
  MelSpectrogram mel_;
};

}  // namespace ogam
