#include "encoders/audio/gemma4_audio_features.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "core/base/error.h"
#include "encoders/audio/audio_settings.h"

namespace ogam {
namespace {

constexpr std::int64_t kMultiple = 128;  // of samples, to which clips are padded
constexpr ProcessorConfig::Range kMilliseconds = {0.1, 1000};
constexpr double kMaxFloor = 1e3;

int samples(double milliseconds, int rate) {
  return static_cast<int>(std::nearbyint(rate * milliseconds / 1000.0));
}

}  // namespace

int Gemma4AudioFeatures::Config::frame_length() const {
  return samples(frame_length_ms, sampling_rate);
}

int Gemma4AudioFeatures::Config::hop_length() const {
  return samples(hop_length_ms, sampling_rate);
}

int Gemma4AudioFeatures::Config::fft_length() const {
  return static_cast<int>(std::bit_ceil(static_cast<unsigned>(frame_length())));
}

Gemma4AudioFeatures::Config Gemma4AudioFeatures::Config::parse(const ProcessorConfig& config) {
  demand_class(config, {"Gemma4AudioFeatureExtractor"});
  config.demand("padding_value", 0.0);
  config.demand("dither", 0.0);
  config.demand("preemphasis", 0.0);
  config.demand("input_scale_factor", 1.0);
  config.demand("fft_overdrive", false);
  for (const char* key : {"per_bin_mean", "per_bin_stddev"}) {
    require(!config.has(key), ErrorCode::unsupported,
            "{}: \"{}\" is given; this normalisation is not implemented", config.origin(), key);
  }
  const Config defaults;
  Config result;
  result.feature_size = config.whole("feature_size", defaults.feature_size, kMelBands);
  result.sampling_rate = ogam::sampling_rate(config, defaults.sampling_rate);
  result.frame_length_ms =
      config.number("frame_length_ms", defaults.frame_length_ms, kMilliseconds);
  result.hop_length_ms = config.number("hop_length_ms", defaults.hop_length_ms, kMilliseconds);
  const double nyquist = result.sampling_rate / 2.0;
  result.min_frequency = config.number("min_frequency", defaults.min_frequency, {0, nyquist});
  result.max_frequency = config.number("max_frequency", defaults.max_frequency, {0, nyquist});
  require(result.min_frequency < result.max_frequency && result.frame_length() > 1 &&
              result.hop_length() > 0,
          ErrorCode::corrupt_data,
          "{}: frames of {} samples every {} with frequencies from {} to {} make no sense",
          config.origin(), result.frame_length(), result.hop_length(), result.min_frequency,
          result.max_frequency);
  result.mel_floor = config.number("mel_floor", defaults.mel_floor, {0, kMaxFloor});
  // The reference writes these three and computes them anew, whatever a file says.
  config.demand("frame_length", result.frame_length());
  config.demand("hop_length", result.hop_length());
  config.demand("fft_length", result.fft_length());
  return result;
}

Gemma4AudioFeatures::Gemma4AudioFeatures(const Config& config)
    : config_(config),
      mel_({.sample_rate = config.sampling_rate,
            .n_fft = config.fft_length(),
            .window = config.frame_length(),
            .hop = config.hop_length(),
            .n_mels = config.feature_size,
            .f_min = config.min_frequency,
            .f_max = config.max_frequency,
            .scale = MelScale::htk,
            .norm = MelNorm::none,
            .power = 1,
            .centred = false}) {}

Gemma4AudioFeatures::Clip Gemma4AudioFeatures::operator()(std::span<const float> samples) const {
  const auto count = static_cast<std::int64_t>(samples.size());
  const std::int64_t before = config_.frame_length() / 2;
  // A frame is taken where one sample more than its own is there, so the last one is left out.
  const std::int64_t length = before + (count + kMultiple - 1) / kMultiple * kMultiple - 1;
  require(count <= kMaxSamples && length >= config_.frame_length(), ErrorCode::invalid_argument,
          "a clip must fill a frame of {} samples and hold at most {}, got {}",
          config_.frame_length(), kMaxSamples, count);
  auto signal = at::zeros({length}, at::kDouble);
  std::copy_n(samples.begin(), std::min(count, length - before),
              signal.mutable_data_ptr<double>() + before);
  const auto frames = (mel_(signal) + config_.mel_floor).log().to(at::kFloat);
  const auto mask =
      at::arange(frames.size(0)) * config_.hop_length() + config_.frame_length() < before + count;
  return {frames * mask.unsqueeze(1), mask};
}

}  // namespace ogam
