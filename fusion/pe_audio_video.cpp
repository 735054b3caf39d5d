#include "fusion/pe_audio_video.h"

#include <ATen/ATen.h>

#include "core/nn/config_reader.h"
#include "core/nn/normalize_rows.h"

namespace ogam {

namespace {

constexpr std::int64_t kMaxSize = 65536;

}  // namespace

PeAudioVideoFusion::Config PeAudioVideoFusion::Config::parse(const Json& json,
                                                             const std::string& origin) {
  const ConfigReader config(json, origin);
  config.demand<std::string>("model_type", "pe_audio_video");
  const auto both = config.section("audio_video_config");
  both.demand_or_absent<std::string>("model_type", "pe_audio_video_encoder");
  const Config parsed = {
      .fusion = {.encoder = PeEncoderConfig::parse(both),
                 .audio_size = PeEncoderConfig::parse(both.section("audio_config")).hidden_size,
                 .video_size = PeEncoderConfig::parse(both.section("video_config")).hidden_size},
      .dimension = config.section("text_config").size("hidden_size", kMaxSize, 1024)};
  both.refuse_unread();
  config.refuse_unread({"tie_word_embeddings"});
  return parsed;
}

PeAudioVideoFusion::PeAudioVideoFusion(const Config& config, const WeightScope& weights)
    : towers_{{"audio", config.fusion.audio_size}, {"video", config.fusion.video_size}},
      dimension_(config.dimension),
      precision_(weights.precision()),
      fusion_(weights.scope("audio_video_encoder"), config.fusion),
      head_(weights.scope("audio_video_head"),
            {.in = config.fusion.encoder.hidden_size, .out = config.dimension}) {
  for (const char* name : {"text_model", "audio_model", "video_model", "text_audio_video_head"}) {
    weights.ignore(name);
  }
  ignore_pe_scores(weights);
}

FusedSegment PeAudioVideoFusion::fuse(const TowerEmbeddings& audio,
                                      const TowerEmbeddings& video) const {
  // Frames are spread over the sound by their number, as in training; times only put them in order.
  moments_of(audio);
  moments_of(video);
  require_relatable(audio.vectors.size(0));
  require_relatable(video.vectors.size(0));
  const auto states = [&](const TowerEmbeddings& tower) {
    return tower.vectors.to(precision_).unsqueeze(0);
  };
  const auto [pooled, tokens] = fusion_.forward(states(audio), states(video));
  return {normalize_rows(head_(pooled).to(at::kFloat))[0], tokens[0].to(at::kFloat), audio.times};
}

FusedSegment PeAudioVideoFusion::fuse_segment(const FusionSegment& /*segment*/,
                                              const Given& given) const {
  const auto* const audio = given[0];
  const auto* const video = given[1];
  return audio == nullptr || video == nullptr
             ? nothing_fused(dimension_, fusion_.config().encoder.hidden_size)
             : fuse(*audio, *video);
}

}  // namespace ogam
