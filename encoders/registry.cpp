#include "encoders/registry.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "core/base/error.h"
#include "core/base/files.h"
#include "encoders/audio/clap.h"
#include "encoders/audio/pe_audio.h"
#include "encoders/audio/yamnet.h"
#include "encoders/image/clip.h"
#include "encoders/image/dinov2.h"
#include "encoders/image/efficientnet_lite.h"
#include "encoders/image/siglip.h"
#include "encoders/image/siglip2.h"
#include "encoders/text/bert.h"
#include "encoders/text/embedding_gemma2_text.h"
#include "encoders/text/modernbert.h"
#include "encoders/text/use_multilingual.h"
#include "encoders/text/xlm_roberta.h"
#include "encoders/video/embedding_gemma2.h"
#include "encoders/video/pe_audio_video.h"
#include "encoders/video/pe_video.h"
#include "encoders/video/qwen3_vl.h"

namespace ogam {

namespace {

/// How the checkpoints of one `model_type` become encoders.
struct EncoderRow {
  std::string_view model_type;
  Encoders (*make)(Checkpoint&);
};

constexpr std::array kEncoders = {
    EncoderRow{"bert", &make_bert},
    EncoderRow{"clap", &make_clap},
    EncoderRow{"clip", &make_clip},
    EncoderRow{"clip_vision_model", &make_clip_vision_model},
    EncoderRow{"dinov2", &make_dinov2},
    EncoderRow{"dinov2_with_registers", &make_dinov2},
    EncoderRow{"efficientnet_lite", &make_efficientnet_lite},
    EncoderRow{"embedding_gemma2", &make_embedding_gemma2},
    EncoderRow{"embedding_gemma2_text", &make_embedding_gemma2_text},
    EncoderRow{"modernbert", &make_modernbert},
    EncoderRow{"pe_audio", &make_pe_audio},
    EncoderRow{"pe_audio_video", &make_pe_audio_video},
    EncoderRow{"pe_video", &make_pe_video},
    EncoderRow{"qwen3_vl", &make_qwen3_vl},
    EncoderRow{"roberta", &make_xlm_roberta},
    EncoderRow{"siglip", &make_siglip},
    EncoderRow{"siglip2", &make_siglip2},
    EncoderRow{"siglip2_vision_model", &make_siglip2_vision_model},
    EncoderRow{"siglip_vision_model", &make_siglip_vision_model},
    EncoderRow{"use_multilingual", &make_use_multilingual},
    EncoderRow{"xlm-roberta", &make_xlm_roberta},
    EncoderRow{"yamnet", &make_yamnet},
};

}  // namespace

Encoders make_encoders(Checkpoint& checkpoint) {
  const auto model_type = checkpoint.model_type();
  const auto* const row =
      std::find_if(kEncoders.begin(), kEncoders.end(),
                   [&](const EncoderRow& candidate) { return candidate.model_type == model_type; });
  require(row != kEncoders.end(), ErrorCode::unsupported,
          "{}: there is no encoder of model_type '{}'; there are: {}",
          display_path(checkpoint.folder()), model_type, fmt::join(encoder_model_types(), ", "));
  auto encoders = row->make(checkpoint);
  checkpoint.finish();
  return encoders;
}

std::vector<std::string_view> encoder_model_types() {
  std::vector<std::string_view> types;
  types.reserve(kEncoders.size());
  for (const EncoderRow& row : kEncoders) {
    types.push_back(row.model_type);
  }
  return types;
}

}  // namespace ogam
