#include "encoders/audio/mel.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/base/error.h"

namespace ogam {
namespace {

// Slaney's scale: 200/3 Hz a mel up to 1 kHz, then 27 steps for every factor of 6.4.
constexpr double kSlaneyStep = 200.0 / 3.0;
constexpr double kSlaneyKnee = 1000.0;
const double kSlaneyLogStep = std::log(6.4) / 27.0;

constexpr std::int64_t kBlock = 4096;  // frames

double to_mel(double hertz, MelScale scale) {
  if (scale == MelScale::htk) {
    return 2595.0 * std::log10(1.0 + hertz / 700.0);
  }
  return hertz < kSlaneyKnee
             ? hertz / kSlaneyStep
             : kSlaneyKnee / kSlaneyStep + std::log(hertz / kSlaneyKnee) / kSlaneyLogStep;
}

double to_hertz(double mel, MelScale scale) {
  if (scale == MelScale::htk) {
    return 700.0 * (std::pow(10.0, mel / 2595.0) - 1.0);
  }
  const double knee = kSlaneyKnee / kSlaneyStep;
  return mel < knee ? mel * kSlaneyStep : kSlaneyKnee * std::exp((mel - knee) * kSlaneyLogStep);
}

void check(const MelConfig& config) {
  require(
      config.sample_rate > 0 && config.n_fft > 1 && config.window > 1 && config.hop > 0 &&
          config.n_mels > 0 && config.window <= config.n_fft,
      ErrorCode::invalid_argument,
      "a mel spectrogram needs a positive rate, hop and number of bands and 1 < window <= n_fft, "
      "got rate {}, hop {}, {} bands, window {}, n_fft {}",
      config.sample_rate, config.hop, config.n_mels, config.window, config.n_fft);
  require(
      config.f_min >= 0 && config.f_min < config.f_max && config.f_max <= config.sample_rate / 2.0,
      ErrorCode::invalid_argument,
      "mel bands must lie between 0 and {} Hz (half the sample rate), got {} to {} Hz",
      config.sample_rate / 2.0, config.f_min, config.f_max);
  require(config.power == 1 || config.power == 2, ErrorCode::invalid_argument,
          "a mel spectrogram is of magnitudes (1) or power (2), got {}", config.power);
}

}  // namespace

at::Tensor mel_filters(const MelConfig& config) {
  check(config);
  const int bins = config.n_fft / 2 + 1;
  const double lowest = to_mel(config.f_min, config.scale);
  const double highest = to_mel(config.f_max, config.scale);
  // Band m rises from corner m to m + 1 and falls to m + 2.
  std::vector<double> hertz(config.n_mels + 2);
  std::vector<double> corners(config.n_mels + 2);
  for (int i = 0; i < config.n_mels + 2; ++i) {
    const double mel = lowest + (highest - lowest) * i / (config.n_mels + 1);
    hertz[i] = to_hertz(mel, config.scale);
    corners[i] = config.triangle == MelTriangle::linear_in_mel ? mel : hertz[i];
  }
  auto filters = at::zeros({bins, config.n_mels}, at::kDouble);
  auto* weights = filters.mutable_data_ptr<double>();
  for (int bin = 0; bin < bins; ++bin) {
    const double frequency = static_cast<double>(bin) * config.sample_rate / config.n_fft;
    const double x =
        config.triangle == MelTriangle::linear_in_mel ? to_mel(frequency, config.scale) : frequency;
    for (int m = 0; m < config.n_mels; ++m) {
      const double rise = (x - corners[m]) / (corners[m + 1] - corners[m]);
      const double fall = (corners[m + 2] - x) / (corners[m + 2] - corners[m + 1]);
      const double height = std::max(0.0, std::min(rise, fall));
      const double scale = config.norm == MelNorm::slaney ? 2.0 / (hertz[m + 2] - hertz[m]) : 1.0;
      weights[bin * config.n_mels + m] = height * scale;
    }
  }
  return filters;
}

MelSpectrogram::MelSpectrogram(const MelConfig& config)
    : config_(config),
      filters_(mel_filters(config)),
      window_(at::hann_window(config.window, /*periodic=*/true, at::kDouble)) {}

at::Tensor MelSpectrogram::operator()(const at::Tensor& samples) const {
  const std::int64_t shortest = config_.centred ? config_.window / 2 + 1 : config_.window;
  require(samples.dim() >= 1 && samples.size(-1) >= shortest, ErrorCode::invalid_argument,
          "a mel spectrogram needs at least {} samples, got {}", shortest,
          samples.dim() >= 1 ? samples.size(-1) : 0);
  const auto type = samples.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  auto signal = samples.to(type);
  if (config_.centred) {
    const std::int64_t half = config_.window / 2;
    // Reflection padding takes one leading dimension at most.
    signal = at::reflection_pad1d(signal.reshape({-1, samples.size(-1)}), {half, half});
    auto shape = samples.sizes().vec();
    shape.back() = signal.size(-1);
    signal = signal.reshape(shape);
  }
  const auto frames = signal.unfold(-1, config_.window, config_.hop);  // [..., T, window]
  const auto window = window_.to(type);
  const auto filters = filters_.to(type);
  // In blocks, so that memory grows with the length of what is returned alone.
  std::vector<at::Tensor> blocks;
  for (const auto& block : frames.split(kBlock, -2)) {
    auto spectrum = at::fft_rfft(block * window, config_.n_fft).abs();  // [..., n_fft / 2 + 1]
    if (config_.power == 2) {
      spectrum = spectrum.square();
    }
    blocks.push_back(at::matmul(spectrum, filters));
  }
  return blocks.size() == 1 ? blocks.front() : at::cat(blocks, -2);
}

}  // namespace ogam
