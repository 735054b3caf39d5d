#include "fusion/registry.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "fusion/embedding_gemma2.h"
#include "fusion/ogam_fusion.h"
#include "fusion/pe_audio_video.h"
#include "fusion/qwen3_vl.h"

namespace ogam {

namespace {

std::unique_ptr<FusionModel> make_ogam_fusion(Checkpoint& checkpoint) {
  return std::make_unique<OgamFusion>(
      OgamFusionConfig::parse(checkpoint.config(), checkpoint.origin()), checkpoint.weights());
}

std::unique_ptr<FusionModel> make_pe_audio_video_fusion(Checkpoint& checkpoint) {
  return std::make_unique<PeAudioVideoFusion>(
      PeAudioVideoFusion::Config::parse(checkpoint.config(), checkpoint.origin()),
      checkpoint.weights());
}

/// One that reads more of the folder than its configuration.
template <typename Model>
std::unique_ptr<FusionModel> make_from_folder(Checkpoint& checkpoint) {
  return std::make_unique<Model>(checkpoint);
}

/// How the checkpoints of one `model_type` become fusion models.
struct FusionRow {
  std::string_view model_type;
  std::unique_ptr<FusionModel> (*make)(Checkpoint&);
};

constexpr std::array kFusionModels = {
    FusionRow{"embedding_gemma2", &make_from_folder<EmbeddingGemma2Fusion>},
    FusionRow{"ogam_fusion", &make_ogam_fusion},
    FusionRow{"pe_audio_video", &make_pe_audio_video_fusion},
    FusionRow{"qwen3_vl", &make_from_folder<Qwen3VlFusion>},
};

}  // namespace

std::unique_ptr<FusionModel> make_fusion_model(Checkpoint& checkpoint) {
  const auto model_type = checkpoint.model_type();
  const auto* const row =
      std::find_if(kFusionModels.begin(), kFusionModels.end(),
                   [&](const FusionRow& candidate) { return candidate.model_type == model_type; });
  if (row == kFusionModels.end()) {
    std::vector<std::string_view> known;
    known.reserve(kFusionModels.size());
    for (const FusionRow& candidate : kFusionModels) {
      known.push_back(candidate.model_type);
    }
    fail(ErrorCode::unsupported, "{}: there is no fusion model of model_type '{}'; there are: {}",
         display_path(checkpoint.folder()), model_type, fmt::join(known, ", "));
  }
  auto model = row->make(checkpoint);
  checkpoint.finish();
  return model;
}

}  // namespace ogam
