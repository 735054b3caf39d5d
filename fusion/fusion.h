#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string>
#include <vector>

#include "core/base/time.h"

namespace ogam {

/// What one tower (an encoder's output) saw of a segment.
struct TowerEmbeddings {
  std::string tower;        ///< a name of FusionModel::towers()
  at::Tensor vectors;       ///< [T, D] floating point, D as the tower's size says; T may be 0
  std::vector<Time> times;  ///< T: the moment each row belongs to
};

/// A segment of an asset as its towers saw it. A tower that saw nothing may be left out.
struct FusionSegment {
  TimeSpan span;
  std::vector<TowerEmbeddings> towers;
};

/// A segment as a whole.
struct FusedSegment {
  at::Tensor vector;        ///< [D] float32, L2-normalised; zeros when no tower saw anything
  at::Tensor tokens;        ///< [N, H] float32: every input in the light of the others, ordered as
                            ///< given; N is 0 where a model has no such thing
  std::vector<Time> times;  ///< N: the moment of each token
};

/// A tower that a fusion model listens to.
struct FusionTower {
  std::string name;
  std::int64_t size = 0;  ///< D of its vectors
};

/// Joins the embeddings of several modalities over time into one vector per segment.
class FusionModel {
 public:
  virtual ~FusionModel() = default;

  virtual const std::vector<FusionTower>& towers() const = 0;
  /// D of the fused vectors.
  virtual std::int64_t dimension() const = 0;

  /// One result per segment; a segment's result does not depend on the others.
  /// @throws Error{invalid_argument} for a tower that the model does not have, one given twice,
  ///     vectors of another size, or as many times as not vectors.
  virtual std::vector<FusedSegment> fuse(std::span<const FusionSegment> segments) const = 0;
};

/// Checks what FusionModel::fuse promises to refuse.
/// @return for each tower of `model`, its embeddings in `segment`, or null.
std::vector<const TowerEmbeddings*> embeddings_by_tower(const FusionModel& model,
                                                        const FusionSegment& segment);

}  // namespace ogam
