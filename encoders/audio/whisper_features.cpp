#include "encoders/audio/whisper_features.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/base/error.h"

namespace ogam {
namespace {

constexpr double kFloor = 1e-10;  // of the power before its logarithm
constexpr double kRange = 8.0;    // decades below the loudest value that are kept

}  // namespace

WhisperFeatures::WhisperFeatures(const Config& config)
    : frames_(config.frames), mel_({.n_mels = static_cast<int>(config.num_mel_bins)}) {}

std::int64_t WhisperFeatures::window_samples() const { return frames_ * mel_.config().hop; }

at::Tensor WhisperFeatures::operator()(std::span<const float> samples) const {
  const auto count = static_cast<std::int64_t>(samples.size());
  require(count <= window_samples(), ErrorCode::invalid_argument,
          "a window holds {} samples, got {}", window_samples(), count);
  auto window = at::zeros({window_samples()}, at::kFloat);
  std::copy(samples.begin(), samples.end(), window.mutable_data_ptr<float>());
  const auto power = mel_(window).narrow(0, 0, frames_);  // the frame after the last is dropped
  auto log = power.clamp_min(kFloor).log10();
  log = at::maximum(log, log.max() - kRange);
  return ((log + 4.0) / 4.0).transpose(0, 1).contiguous();
}

}  // namespace ogam
