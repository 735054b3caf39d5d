#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "pipelines/editing/edit_plan.h"

namespace ogam {

/// The sound of an edit, from its beginning on, at MediaWriter's rate and channels. Clips without
/// sound are silent; clips fade into each other where their pictures do, and over ten milliseconds
/// at a cut, which would click otherwise.
class EditSound {
 public:
  /// The plan must outlive this.
  explicit EditSound(const EditPlan& plan);
  ~EditSound();

  /// The next samples, interleaved, up to where picture `frame` begins.
  /// @throws errors of reading.
  std::vector<float> until(std::int64_t frame);

 private:
  class Source;
  void add(std::size_t clip, std::vector<float>& mixed);

  const EditPlan& plan_;
  std::int64_t given_ = 0;                               // samples
  std::size_t ended_ = 0;                                // clips that are over
  std::map<std::size_t, std::unique_ptr<Source>> open_;  // by number of the clip
};

}  // namespace ogam
