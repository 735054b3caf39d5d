#include "encoders/audio/waveform_features.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/base/error.h"
#include "encoders/audio/audio_settings.h"

namespace ogam {
namespace {

constexpr double kMaxPadding = 1e6;

std::size_t rounded_up(std::size_t count, int multiple) {
  const auto step = static_cast<std::size_t>(multiple);
  return (count + step - 1) / step * step;
}

/// The sample that is seen at `position` when the clip lies between two mirrors.
float mirrored(std::span<const float> clip, std::size_t position) {
  const std::size_t last = clip.size() - 1;
  const std::size_t there = last == 0 ? 0 : position % (2 * last);
  return clip[there <= last ? there : 2 * last - there];
}

}  // namespace

WaveformFeatures::Config WaveformFeatures::Config::parse(const ProcessorConfig& config) {
  constexpr const char* kPeAudio = "PeAudioFeatureExtractor";
  const bool reflect = demand_class(config, {"DacFeatureExtractor", kPeAudio}) == kPeAudio;
  config.demand("feature_size", 1);
  Config defaults;
  if (reflect) {
    defaults = {.sampling_rate = 48000, .hop_length = 1920};
  }
  return {.sampling_rate = ogam::sampling_rate(config, defaults.sampling_rate),
          .hop_length = config.whole("hop_length", defaults.hop_length, kHops),
          .padding_value = config.number("padding_value", 0, {-kMaxPadding, kMaxPadding}),
          .reflect = reflect};
}

WaveformFeatures::Batch WaveformFeatures::operator()(
    std::span<const std::vector<float>> clips) const {
  require(!clips.empty(), ErrorCode::invalid_argument, "there are no clips to prepare");
  std::size_t longest = 0;
  for (const auto& clip : clips) {
    require(!clip.empty(), ErrorCode::invalid_argument, "a clip without sound cannot be prepared");
    longest = std::max(longest, clip.size());
  }
  const std::size_t length = rounded_up(longest, config_.hop_length);
  const auto rows = static_cast<std::int64_t>(clips.size());
  const auto columns = static_cast<std::int64_t>(length);
  Batch batch{at::full({rows, 1, columns}, config_.padding_value, at::kFloat),
              at::zeros({rows, columns}, at::kInt)};
  auto* values = batch.input_values.mutable_data_ptr<float>();
  auto* mask = batch.padding_mask.mutable_data_ptr<std::int32_t>();
  for (const auto& clip : clips) {
    const std::size_t end =
        config_.reflect ? rounded_up(clip.size(), config_.hop_length) : clip.size();
    std::copy(clip.begin(), clip.end(), values);
    for (std::size_t i = clip.size(); i < end; ++i) {
      values[i] = mirrored(clip, i);
    }
    std::fill_n(mask, end, 1);
    values += length;
    mask += length;
  }
  return batch;
}

}  // namespace ogam
