#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pipelines/pack.h"

namespace ogam {

/// A class that a classifier knows, and how likely it found it.
struct Label {
  std::string name;
  float probability = 0;
};

/// The classes of a lane whose vectors are square roots of posteriors over known classes.
class ClassLabels {
 public:
  /// The classes of a lane's space.
  /// @param language in which to name them, where the pack has names in it; else as the model does.
  /// @return no classes when the space's vectors are not posteriors, or the pack does not name
  /// them.
  /// @throws Error{corrupt_data} when the names are not those of the space's classes.
  static ClassLabels read(const PackManifest& manifest, const PackLane& lane,
                          const PackSpace& space, std::string_view language);

  bool empty() const { return names_.empty(); }
  std::size_t size() const { return names_.size(); }

  /// The likeliest classes of the mean posterior of several vectors, likeliest first: at most
  /// `kMostLabels`, none below `kLeastProbability`.
  ///
  /// A posterior is what the archive keeps: the encoder's likeliest classes, made to sum to one.
  std::vector<Label> likeliest(std::span<const std::vector<float>* const> vectors) const;

  static constexpr std::size_t kMostLabels = 5;
  static constexpr float kLeastProbability = 0.05F;

 private:
  std::vector<std::string> names_;
};

}  // namespace ogam
