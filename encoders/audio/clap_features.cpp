#include "encoders/audio/clap_features.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/base/table.h"
#include "encoders/audio/audio_settings.h"

namespace ogam {
namespace {

constexpr double kFloor = 1e-10;  // of the power before its logarithm
constexpr int kMaxWindow = 600;   // seconds
constexpr int kFusionBands = 64;  // to which the reference shrinks, whatever the number of bands
constexpr std::int64_t kCuts = 3;

template <typename Value>
struct Named {
  std::string_view name;
  Value value;
};
using NamedTruncation = Named<ClapFeatures::Truncation>;
using NamedPadding = Named<ClapFeatures::Padding>;
constexpr std::array kTruncations = {
    NamedTruncation{"fusion", ClapFeatures::Truncation::fusion},
    NamedTruncation{"rand_trunc", ClapFeatures::Truncation::rand_trunc}};
constexpr std::array kPaddings = {NamedPadding{"repeatpad", ClapFeatures::Padding::repeatpad},
                                  NamedPadding{"repeat", ClapFeatures::Padding::repeat},
                                  NamedPadding{"pad", ClapFeatures::Padding::pad}};

/// The value that the processor's file names under `key`; the first one when it names none.
template <typename Value, std::size_t N>
Value named(const ProcessorConfig& config, const std::string& key,
            const std::array<Named<Value>, N>& values) {
  const auto name = json_value_or<std::string>(config.json(), key, config.origin(),
                                               std::string(values.front().name));
  return find_row(values, name, key, config.origin()).value;
}

/// A clip that is shorter than `length` brought to it.
std::vector<double> filled(std::span<const float> samples, std::size_t length,
                           ClapFeatures::Padding padding) {
  std::vector<double> result(length);
  const std::size_t whole_repeats = length / samples.size() * samples.size();
  const std::size_t end = padding == ClapFeatures::Padding::repeat      ? length
                          : padding == ClapFeatures::Padding::repeatpad ? whole_repeats
                                                                        : samples.size();
  for (std::size_t i = 0; i < end; ++i) {
    result[i] = samples[i % samples.size()];
  }
  return result;
}

at::Tensor to_tensor(const std::vector<double>& samples) {
  return at::tensor(at::ArrayRef<double>(samples), at::kDouble);
}

}  // namespace

ClapFeatures::Config ClapFeatures::Config::parse(const ProcessorConfig& config) {
  demand_class(config, {"ClapFeatureExtractor"});
  config.demand("padding_value", 0.0);
  const Config defaults;
  Config result;
  result.feature_size = config.whole("feature_size", defaults.feature_size, kMelBands);
  result.sampling_rate = ogam::sampling_rate(config, defaults.sampling_rate);
  result.hop_length = config.whole("hop_length", defaults.hop_length, kHops);
  result.max_length_s = config.whole("max_length_s", defaults.max_length_s, {1, kMaxWindow});
  result.fft_window_size = fft_length(config, "fft_window_size", defaults.fft_window_size);
  const double nyquist = result.sampling_rate / 2.0;
  result.frequency_min = config.number("frequency_min", defaults.frequency_min, {0, nyquist});
  result.frequency_max = config.number("frequency_max", defaults.frequency_max, {0, nyquist});
  require(result.frequency_min < result.frequency_max, ErrorCode::corrupt_data,
          "{}: \"frequency_min\" is {}, expected less than \"frequency_max\", {}", config.origin(),
          result.frequency_min, result.frequency_max);
  result.truncation = named(config, "truncation", kTruncations);
  result.padding = named(config, "padding", kPaddings);
  require(result.truncation != Truncation::fusion || result.feature_size == kFusionBands,
          ErrorCode::unsupported, "{}: fusion takes \"feature_size\" {}, got {}", config.origin(),
          kFusionBands, result.feature_size);
  return result;
}

ClapFeatures::ClapFeatures(const Config& config)
    : config_(config),
      mel_({.sample_rate = config.sampling_rate,
            .n_fft = config.fft_window_size,
            .window = config.fft_window_size,
            .hop = config.hop_length,
            .n_mels = config.feature_size,
            .f_min = config.frequency_min,
            .f_max = config.frequency_max,
            .scale = config.truncation == Truncation::fusion ? MelScale::htk : MelScale::slaney,
            .norm = config.truncation == Truncation::fusion ? MelNorm::none : MelNorm::slaney}) {}

at::Tensor ClapFeatures::decibels(const at::Tensor& samples) const {
  return (mel_(samples).clamp_min(kFloor).log10() * 10.0).to(at::kFloat);
}

at::Tensor ClapFeatures::fuse(const at::Tensor& frames) const {
  const std::int64_t length = config_.frames();
  const std::int64_t positions = frames.size(0) - length + 1;
  std::vector<at::Tensor> parts = {at::upsample_bilinear2d(frames.unsqueeze(0).unsqueeze(0),
                                                           {length, frames.size(1)},
                                                           /*align_corners=*/false)[0][0]};
  // The positions are parted into thirds of which the first ones are longer by one.
  std::int64_t start = 0;
  for (std::int64_t cut = 0; cut < kCuts; ++cut) {
    const std::int64_t count = positions / kCuts + (cut < positions % kCuts ? 1 : 0);
    parts.push_back(frames.narrow(0, count == 0 ? 0 : start + count / 2, length));
    start += count;
  }
  return at::stack(parts);
}

ClapFeatures::Clip ClapFeatures::operator()(std::span<const float> samples) const {
  require(!samples.empty(), ErrorCode::invalid_argument, "a clip without sound has no features");
  const auto window = static_cast<std::size_t>(config_.window_samples());
  const bool fusion = config_.truncation == Truncation::fusion;
  if (samples.size() <= window) {
    const auto frames = decibels(to_tensor(filled(samples, window, config_.padding)));
    return {frames.unsqueeze(0).repeat({fusion ? kCuts + 1 : 1, 1, 1}), false};
  }
  if (!fusion) {
    const auto middle = samples.subspan((samples.size() - window) / 2, window);
    return {decibels(to_tensor({middle.begin(), middle.end()})).unsqueeze(0), true};
  }
  const auto frames = decibels(to_tensor({samples.begin(), samples.end()}));
  if (frames.size(0) == config_.frames()) {
    return {frames.unsqueeze(0).repeat({kCuts + 1, 1, 1}), false};  // longer by less than a frame
  }
  return {fuse(frames), true};
}

}  // namespace ogam
