#include "encoders/video/pe_audio_video.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/nn/normalize_rows.h"
#include "encoders/text/pe_text.h"

namespace ogam {
namespace {

constexpr auto kAudio = "audio";
constexpr auto kVideo = "video";
constexpr auto kAudioVideo = "audio_video";

/// What is heard of a clip.
std::vector<float> sound_of(const VideoClip& clip, int sample_rate) {
  if (!clip.audio.empty()) {
    return clip.audio;
  }
  const auto last = clip.times.empty() ? Time{0} : clip.times.back();
  const auto samples = static_cast<std::size_t>(std::max(to_seconds(last) * sample_rate, 1.0));
  return std::vector<float>(samples);
}

}  // namespace

PeAudioVideoEncoder::PeAudioVideoEncoder(Parts parts) : parts_(std::move(parts)) {}

std::vector<EncoderOutputInfo> PeAudioVideoEncoder::outputs() const {
  return {{kVideo, parts_.dimension}, {kAudioVideo, parts_.dimension}};
}

VideoSampling PeAudioVideoEncoder::sampling() const {
  auto sampling = parts_.video->sampling();
  sampling.sample_rate = parts_.audio->sample_rate();
  return sampling;
}

std::vector<EncoderOutput> PeAudioVideoEncoder::encode(std::span<const VideoClip> clips) const {
  const c10::InferenceMode no_gradients;
  const std::vector<std::int64_t> shape = {static_cast<std::int64_t>(clips.size()),
                                           parts_.dimension};
  const auto seen = at::empty(shape);
  const auto both = at::empty(shape);
  for (std::size_t i = 0; i < clips.size(); ++i) {
    const auto row = static_cast<std::int64_t>(i);
    const auto video = parts_.video->forward(clips[i].frames);
    const auto audio = parts_.audio->forward(sound_of(clips[i], parts_.audio->sample_rate()));
    const auto fused = parts_.fusion.forward(audio.states, video.states);
    seen[row].copy_(parts_.video_head(video.pooled)[0]);
    both[row].copy_(parts_.audio_video_head(fused.pooled)[0]);
  }
  return {{kVideo, normalize_rows(seen)}, {kAudioVideo, normalize_rows(both)}};
}

TowerTokens PeAudioVideoEncoder::audio_states(const VideoClip& clip) const {
  const c10::InferenceMode no_gradients;
  const auto sound = sound_of(clip, parts_.audio->sample_rate());
  TowerTokens tokens{.vectors = parts_.audio->forward(sound).states[0], .times = {}};
  for (std::int64_t i = 0; i < tokens.vectors.size(0); ++i) {
    tokens.times.push_back(i * parts_.audio->frame());
  }
  return tokens;
}

TowerTokens PeAudioVideoEncoder::video_states(const VideoClip& clip) const {
  const c10::InferenceMode no_gradients;
  require(clip.frames.size() == clip.times.size(), ErrorCode::invalid_argument,
          "a clip of {} frames with {} times", clip.frames.size(), clip.times.size());
  TowerTokens tokens{.vectors = parts_.video->forward(clip.frames).states[0], .times = {}};
  for (const auto i : parts_.video->choose(clip.frames.size())) {
    tokens.times.push_back(clip.times[static_cast<std::size_t>(i)]);
  }
  return tokens;
}

Encoders make_pe_audio_video(Checkpoint& checkpoint) {
  const ConfigReader config(checkpoint.config(), checkpoint.origin());
  config.demand<std::string>("model_type", "pe_audio_video");
  config.demand_or_absent("tie_word_embeddings", true);
  const auto text_config = parse_pe_text_config(config.section("text_config"));
  const auto both = config.section("audio_video_config");
  config.refuse_unread();
  both.demand_or_absent<std::string>("model_type", "pe_audio_video_encoder");
  const auto audio_config = PeAudioTower::Config::parse(both.section("audio_config"));
  const auto video_config = PeVideoTower::Config::parse(both.section("video_config"));
  const auto fusion_config = PeEncoderConfig::parse(both);
  both.refuse_unread();

  const auto weights = checkpoint.weights();
  const auto audio_model = weights.scope("audio_model");
  const auto video_model = weights.scope("video_model");
  // Some writers store the text model three times.
  weights.ignore("audio_model.text_model");
  weights.ignore("video_model.text_model");
  ignore_pe_scores(weights);
  const auto audio = std::make_shared<const PeAudioTower>(
      audio_model.scope("audio_encoder"), audio_config,
      ProcessorConfig::read(checkpoint.folder(), ProcessorKind::audio));
  const auto video = std::make_shared<const PeVideoTower>(
      video_model.scope("video_encoder"), video_config,
      ProcessorConfig::read(checkpoint.folder(), ProcessorKind::video));
  const auto size = text_config.hidden_size;
  const auto head = [&](const WeightScope& scope, std::int64_t in) {
    return PeHead(scope, {.in = in, .out = size});
  };
  return {
      .text = std::make_shared<PeTextEncoder>(
          checkpoint.folder(), weights.scope("text_model"), text_config,
          std::vector<PeTextEncoder::Output>{
              {kAudio, head(audio_model.scope("text_audio_head"), size)},
              {kVideo, head(video_model.scope("text_video_head"), size)},
              {kAudioVideo, head(weights.scope("text_audio_video_head"), size)}}),
      .audio = std::make_shared<PeAudioEncoder>(
          audio, head(audio_model.scope("audio_head"), audio->config().hidden_size),
          PeAudioEncoder::Config{.output = kAudio, .dimension = static_cast<int>(size)}),
      .video = std::make_shared<PeAudioVideoEncoder>(PeAudioVideoEncoder::Parts{
          .audio = audio,
          .video = video,
          .fusion = {weights.scope("audio_video_encoder"),
                     {.encoder = fusion_config,
                      .audio_size = audio->config().hidden_size,
                      .video_size = video->config().hidden_size}},
          .video_head = head(video_model.scope("video_head"), video->config().hidden_size),
          .audio_video_head = head(weights.scope("audio_video_head"), fusion_config.hidden_size),
          .dimension = static_cast<int>(size)})};
}

}  // namespace ogam
