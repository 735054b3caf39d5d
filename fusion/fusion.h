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
  /// How many rows make a line of a moment's picture, where the model asks for it: the rows of one
  /// moment then lie line by line.
  std::int64_t columns = 0;
};

/// A segment of an asset as its towers saw it. A tower that saw nothing may be left out.
struct FusionSegment {
  TimeSpan span;
  std::vector<TowerEmbeddings> towers;
};

/// A segment as a whole.
struct FusedSegment {
  at::Tensor vector;        ///< [D] float32, L2-normalised; zeros when the model has nothing to go
                            ///< by: no tower saw anything, or not those without which it is blind
  at::Tensor tokens;        ///< [N, H] float32: what the towers saw in the light of each other, by
                            ///< default every input, the model's towers one after the other; N is
                            ///< 0 where a model has no such thing
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
  ///     vectors of another size, as many times as not vectors, or what the model cannot lay out;
  ///     Error{resource_exhausted} for a segment of more embeddings than it can relate.
  std::vector<FusedSegment> fuse(std::span<const FusionSegment> segments) const;

 protected:
  /// For each of towers(), its embeddings in a segment, or null where it saw nothing.
  using Given = std::vector<const TowerEmbeddings*>;

  /// One segment for `fuse`, which has checked it; no gradients are kept.
  virtual FusedSegment fuse_segment(const FusionSegment& segment, const Given& given) const = 0;
};

/// For models that relate each embedding to each other.
/// @throws Error{resource_exhausted} for a segment of more than 8,192.
void require_relatable(std::int64_t embeddings);

/// The rows of one tower that belong to one moment.
struct FusionMoment {
  Time time = 0;
  std::int64_t rows = 0;
};
/// The moments of a tower, one after the other; neighbours of one time are one.
/// @throws Error{invalid_argument} when times are not in order.
std::vector<FusionMoment> moments_of(const TowerEmbeddings& tower);

/// @return `time` since the segment began.
/// @throws Error{invalid_argument} when it is before that.
Time since_start(const FusionSegment& segment, Time time);

/// What becomes of a segment of which a model can make nothing: a vector of zeros, and no tokens.
FusedSegment nothing_fused(std::int64_t dimension, std::int64_t token_size);

}  // namespace ogam
