#include "core/media/mono_resampler.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/base/error.h"
#include "core/media/ffmpeg_support.h"

namespace ogam {

struct MonoResampler::State {
  Config config;
  ffmpeg::Resampler resampler;  // none where the rates are equal
  std::int64_t given = 0;
  std::int64_t made = 0;

  /// @param samples null at the end.
  std::vector<float> convert(const float* samples, std::size_t count) {
    std::vector<float> out(
        static_cast<std::size_t>(swr_get_out_samples(resampler.get(), static_cast<int>(count))));
    std::array<std::uint8_t*, 1> to = {reinterpret_cast<std::uint8_t*>(out.data())};
    std::array<const std::uint8_t*, 1> from = {reinterpret_cast<const std::uint8_t*>(samples)};
    const int written =
        swr_convert(resampler.get(), to.data(), static_cast<int>(out.size()),
                    samples == nullptr ? nullptr : from.data(), static_cast<int>(count));
    require(written >= 0, ErrorCode::internal, "sound cannot be resampled: {}",
            ffmpeg::error_text(written));
    out.resize(static_cast<std::size_t>(written));
    given += static_cast<std::int64_t>(count);
    made += written;
    return out;
  }
};

MonoResampler::MonoResampler(const Config& config) : state_(std::make_unique<State>()) {
  require(config.from > 0 && config.to > 0, ErrorCode::invalid_argument,
          "sound cannot be resampled from {} to {} Hz", config.from, config.to);
  state_->config = config;
  if (config.from == config.to) {
    return;
  }
  AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
  SwrContext* context = nullptr;
  int status = swr_alloc_set_opts2(&context, &mono, AV_SAMPLE_FMT_FLT, config.to, &mono,
                                   AV_SAMPLE_FMT_FLT, config.from, 0, nullptr);
  state_->resampler.reset(context);
  if (status >= 0) {
    status = swr_init(context);
  }
  require(status >= 0, ErrorCode::internal, "sound cannot be resampled from {} to {} Hz: {}",
          config.from, config.to, ffmpeg::error_text(status));
}

MonoResampler::~MonoResampler() = default;
MonoResampler::MonoResampler(MonoResampler&&) noexcept = default;
MonoResampler& MonoResampler::operator=(MonoResampler&&) noexcept = default;

std::vector<float> MonoResampler::push(std::span<const float> samples) {
  if (!state_->resampler) {
    return {samples.begin(), samples.end()};
  }
  return samples.empty() ? std::vector<float>() : state_->convert(samples.data(), samples.size());
}

std::vector<float> MonoResampler::finish() {
  if (!state_->resampler) {
    return {};
  }
  auto rest = state_->convert(nullptr, 0);
  // The filter's tail may be a sample or two off what the input lasted.
  const auto whole = av_rescale(state_->given, state_->config.to, state_->config.from);
  const auto size = static_cast<std::int64_t>(rest.size()) + whole - state_->made;
  rest.resize(static_cast<std::size_t>(std::max<std::int64_t>(size, 0)));
  return rest;
}

}  // namespace ogam
