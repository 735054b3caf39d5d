#pragma once

#include <memory>
#include <vector>

#include "core/base/json.h"
#include "fusion/fusion.h"

namespace ogam {

/// Fusion without parameters: the mean direction of each tower, side by side.
///
/// Every tower has a block of the fused vector: the L2-normalised mean of its vectors over the
/// segment, or zeros where it saw nothing. The whole is L2-normalised. The product of two fused
/// vectors is therefore the mean over towers of the cosine between their mean directions, where a
/// tower that is missing on either side counts as unlike. It knows nothing of time and of how one
/// modality bears on another; it stands in where no trained fusion model is at hand.
class MeanFusion : public FusionModel {
 public:
  explicit MeanFusion(std::vector<FusionTower> towers);

  const std::vector<FusionTower>& towers() const override { return towers_; }
  std::int64_t dimension() const override { return dimension_; }

 private:
  /// Without tokens.
  FusedSegment fuse_segment(const FusionSegment& segment, const Given& given) const override;
  std::vector<FusionTower> towers_;
  std::int64_t dimension_ = 0;
};

/// The `towers` of a fusion model's configuration: [{"name": "visual", "size": 768}, ...].
/// @throws Error{corrupt_data} naming `origin` when there are none, more than 64, two of one name,
///     or one whose size is not from 1 to 65536.
std::vector<FusionTower> parse_fusion_towers(const Json& config, const std::string& origin);

}  // namespace ogam
