#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace ogam {

enum class MelScale {
  htk,     ///< 2595 log10(1 + f / 700)
  slaney,  ///< linear below 1 kHz, logarithmic above
};

/// In which unit the sides of a band's triangle are straight lines.
enum class MelTriangle { linear_in_hertz, linear_in_mel };

enum class MelNorm {
  none,    ///< every triangle has height 1
  slaney,  ///< every triangle has area 1 over hertz
};

/// What a model's front end fixes.
struct MelConfig {
  int sample_rate = 16000;
  int n_fft = 400;
  int window = 400;  ///< samples under the periodic Hann window, at most n_fft; zeros follow them
                     ///< up to n_fft
  int hop = 160;
  int n_mels = 80;
  double f_min = 0;  ///< hertz
  double f_max = 8000;
  MelScale scale = MelScale::slaney;
  MelTriangle triangle = MelTriangle::linear_in_hertz;
  MelNorm norm = MelNorm::slaney;
  int power = 2;        ///< 1: magnitudes, 2: power
  bool centred = true;  ///< frame t is centred on sample t * hop; the ends are padded by reflection
};

/// [n_fft / 2 + 1, n_mels] float64: the weight of every frequency in every band.
/// @throws Error{invalid_argument} for a configuration that makes no sense.
at::Tensor mel_filters(const MelConfig& config);

/// The mel spectrogram before its logarithm, which every model takes in its own way.
class MelSpectrogram {
 public:
  /// @throws Error{invalid_argument} for a configuration that makes no sense.
  explicit MelSpectrogram(const MelConfig& config);

  const MelConfig& config() const { return config_; }

  /// @param samples [..., S] float32, or float64 to have everything computed in double precision;
  ///     S >= window, or S > window / 2 when centred.
  /// @return [..., T, n_mels] of the same type, with T = (S - window) / hop + 1, or S / hop + 1
  /// when
  ///     centred.
  /// @throws Error{invalid_argument} when there are too few samples.
  at::Tensor operator()(const at::Tensor& samples) const;

 private:
  MelConfig config_;
  at::Tensor filters_;  // [n_fft / 2 + 1, n_mels] float64
  at::Tensor window_;   // [window] float64
};

}  // namespace ogam
