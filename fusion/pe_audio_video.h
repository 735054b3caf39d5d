#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/nn/pe_encoder.h"
#include "core/nn/pe_fusion.h"
#include "core/tensor/checkpoint.h"
#include "fusion/fusion.h"

namespace ogam {

/// The joint encoder of PE-AV: the states of its sound tower and of its frame tower over a segment,
/// fused to the vector that PeAudioVideoModel names `audio_video`.
///
/// Towers: `audio`, a state for each of the codec's frames, and `video`, a state for each picture,
/// both spread evenly over the segment and in order of time. It is blind without either: a clip
/// without sound is to be heard as silence by the tower, as in training. Tokens: one for each state
/// of the sound. Source: `PeAudioVideoEncoder` and `PeAudioVideoModel.audio_video_head`.
class PeAudioVideoFusion : public FusionModel {
 public:
  struct Config {
    PeFusion::Config fusion;
    std::int64_t dimension = 0;  ///< of the space that texts share

    /// Reads a `PeAudioVideoConfig`.
    /// @throws Error{corrupt_data, unsupported}.
    static Config parse(const Json& json, const std::string& origin);
  };
  /// @param weights of a whole PE-AV, of which the towers' and the texts' are passed over.
  PeAudioVideoFusion(const Config& config, const WeightScope& weights);

  const std::vector<FusionTower>& towers() const override { return towers_; }
  std::int64_t dimension() const override { return dimension_; }

 private:
  FusedSegment fuse_segment(const FusionSegment& segment, const Given& given) const override;
  FusedSegment fuse(const TowerEmbeddings& audio, const TowerEmbeddings& video) const;

  std::vector<FusionTower> towers_;
  std::int64_t dimension_;
  at::ScalarType precision_;
  PeFusion fusion_;
  PeHead head_;
};

}  // namespace ogam
