#include "core/nn/pe_fusion.h"

#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/tensor/shape.h"

namespace ogam {
namespace {

std::int64_t joined_size(const PeFusion::Config& config) {
  require(config.audio_size == config.video_size, ErrorCode::unsupported,
          "states of sound of size {} cannot be joined with states of frames of size {}; only "
          "equal sizes are implemented",
          config.audio_size, config.video_size);
  return config.audio_size + config.video_size;
}

}  // namespace

PeFusion::PeFusion(const WeightScope& weights, const Config& config)
    : config_(config),
      video_proj_(weights.scope("embedder.video_proj"),
                  {.in = config.video_size, .out = config.audio_size, .kernel = {1}}),
      video_norm_(weights.scope("embedder.video_norm"), {.size = config.audio_size}),
      concat_modality_proj_(weights.scope("embedder.concat_modality_proj"),
                            {.in = joined_size(config), .out = config.encoder.hidden_size}),
      data_proj_(weights.scope("embedder.data_proj"),
                 {.in = config.encoder.hidden_size, .out = config.encoder.hidden_size}),
      encoder_(weights, config.encoder) {
  weights.ignore("embedder.audio_encoder");
  weights.ignore("embedder.video_encoder");
}

PeEncoder::Output PeFusion::forward(const at::Tensor& audio, const at::Tensor& video) const {
  require(audio.dim() == 3 && audio.size(1) > 0 && audio.size(2) == config_.audio_size,
          ErrorCode::invalid_argument, "states of sound must be [B, T, {}], got {}",
          config_.audio_size, shape_string(audio));
  require(video.dim() == 3 && video.size(1) > 0 && video.size(2) == config_.video_size &&
              video.size(0) == audio.size(0),
          ErrorCode::invalid_argument, "states of frames must be [{}, F, {}], got {}",
          audio.size(0), config_.video_size, shape_string(video));
  const auto projected = video_proj_(video.transpose(1, 2));
  const auto aligned = at::upsample_nearest1d(projected, {audio.size(1)}).transpose(1, 2);
  const auto joined = at::cat({audio, video_norm_(aligned)}, -1);
  return encoder_.forward(data_proj_(concat_modality_proj_(joined)));
}

void ignore_pe_scores(const WeightScope& weights) {
  for (const char* name :
       {"audio_plus_text_head", "video_plus_text_head", "audio_plus_text_logit_scale",
        "audio_plus_text_logit_bias", "video_plus_text_logit_scale", "video_plus_text_logit_bias",
        "audio_video_logit_scale", "audio_video_logit_bias", "text_audio_video_logit_scale",
        "text_audio_video_logit_bias", "audio_model.text_audio_logit_scale",
        "audio_model.text_audio_logit_bias", "video_model.text_video_logit_scale",
        "video_model.text_video_logit_bias"}) {
    weights.ignore(name);
  }
}

}  // namespace ogam
