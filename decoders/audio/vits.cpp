#include "decoders/audio/vits.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "core/base/error.h"

namespace ogam {
namespace {

constexpr std::int64_t kMaxTokens = 8192;      // attention grows with its square
constexpr std::int64_t kMaxSamples = 1 << 25;  // ten minutes at 48 kHz, of one sentence

}  // namespace

VitsNoise seeded_noise(std::uint64_t seed) {
  const auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  return [generator](at::IntArrayRef shape) { return at::randn(shape, generator, at::kFloat); };
}

Vits::Vits(const VitsConfig& config, const WeightScope& weights)
    : config_(config),
      text_encoder_(config, weights.scope("text_encoder")),
      duration_predictor_(make_vits_durations(config, weights.scope("duration_predictor"))),
      flow_(config, weights.scope("flow")),
      decoder_(config.decoder, weights.scope("decoder")) {
  if (config.num_speakers > 1) {
    embed_speaker_.emplace_back(
        weights.scope("embed_speaker"),
        Embedding::Config{.count = config.num_speakers, .size = config.speaker_embedding_size});
  }
  weights.ignore("posterior_encoder");  // which hears recordings in training
}

at::Tensor Vits::count_frames(const at::Tensor& log_durations, double rate) const {
  const auto frames = (log_durations.exp() / rate).ceil();
  const auto total = frames.sum().item<double>();
  const auto longest = static_cast<double>(kMaxSamples / config_.decoder.hop_length());
  require(total <= longest, ErrorCode::corrupt_data,  // which no NaN is either
          "the model would speak for {} frames, over {}; its weights are damaged, or the text is "
          "no text",
          total, longest);
  return frames.to(at::kLong);
}

at::Tensor Vits::speak(const at::Tensor& ids, const VitsOptions& options,
                       const VitsNoise& noise) const {
  require(ids.numel() <= kMaxTokens, ErrorCode::invalid_argument,
          "a text of {} tokens is over {}; split it into sentences", ids.numel(), kMaxTokens);
  const auto rate = options.speaking_rate.value_or(config_.speaking_rate);
  require(rate >= 0.01 && rate <= 100, ErrorCode::invalid_argument,
          "the speaking rate must be from 0.01 to 100, got {}", rate);
  at::Tensor speaker;
  if (options.speaker && config_.num_speakers > 1) {
    require(*options.speaker >= 0 && *options.speaker < config_.num_speakers,
            ErrorCode::invalid_argument, "the model has speakers 0 to {}, not {}",
            config_.num_speakers - 1, *options.speaker);
    speaker = embed_speaker_[0](at::full({1}, *options.speaker, at::kLong)).unsqueeze(-1);
  }
  const auto prior = text_encoder_.forward(ids);
  at::Tensor rhythm;
  if (config_.use_stochastic_duration_prediction) {
    rhythm = noise({1, 2, ids.size(0)}) *
             options.noise_scale_duration.value_or(config_.noise_scale_duration);
  }
  const auto frames =
      count_frames(duration_predictor_->log_durations(prior.states, speaker, rhythm), rate);
  // A text whose every token is too short to be heard is still one frame long.
  const auto spread = [&](const at::Tensor& of_tokens) {
    const auto of_frames = of_tokens.repeat_interleave(frames.flatten(), 2);
    return of_frames.size(2) > 0 ? of_frames
                                 : at::zeros({1, of_tokens.size(1), 1}, of_tokens.options());
  };
  const auto means = spread(prior.means);
  const auto deviations = spread(prior.log_variances).exp();
  const auto latents =
      means + noise(means.sizes()) * deviations * options.noise_scale.value_or(config_.noise_scale);
  return decoder_.forward(flow_.invert(latents, speaker), speaker).to(at::kFloat);
}

}  // namespace ogam
