#include "encoders/audio/whisper_features.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/base/error.h"
#include "encoders/audio/audio_settings.h"

namespace ogam {
namespace {

constexpr double kFloor = 1e-10;  // of the power before its logarithm
constexpr double kRange = 8.0;    // decades below the loudest value that are kept
constexpr int kMaxChunk = 600;    // seconds

}  // namespace

WhisperFeatures::Config WhisperFeatures::Config::parse(const ProcessorConfig& config) {
  demand_class(config, {"WhisperFeatureExtractor"});
  config.demand("dither", 0.0);
  config.demand("padding_value", 0.0);
  const Config defaults;
  return {.feature_size = config.whole("feature_size", defaults.feature_size, kMelBands),
          .sampling_rate = ogam::sampling_rate(config, defaults.sampling_rate),
          .hop_length = config.whole("hop_length", defaults.hop_length, kHops),
          .chunk_length = config.whole("chunk_length", defaults.chunk_length, {1, kMaxChunk}),
          .n_fft = fft_length(config, "n_fft", defaults.n_fft)};
}

WhisperFeatures::WhisperFeatures(const Config& config)
    : config_(config),
      mel_({.sample_rate = config.sampling_rate,
            .n_fft = config.n_fft,
            .window = config.n_fft,
            .hop = config.hop_length,
            .n_mels = config.feature_size}) {}

at::Tensor WhisperFeatures::operator()(std::span<const float> samples) const {
  const auto count = static_cast<std::int64_t>(samples.size());
  require(count <= window_samples(), ErrorCode::invalid_argument,
          "a window holds {} samples, got {}", window_samples(), count);
  auto window = at::zeros({window_samples()}, at::kFloat);
  std::copy(samples.begin(), samples.end(), window.mutable_data_ptr<float>());
  const auto power = mel_(window).narrow(0, 0, config_.frames());  // a frame more is dropped
  auto log = power.clamp_min(kFloor).log10();
  log = at::maximum(log, log.max() - kRange);
  return ((log + 4.0) / 4.0).transpose(0, 1).contiguous();
}

}  // namespace ogam
