#pragma once

#include <string>
#include <vector>

#include "archive/archive.h"
#include "core/base/cancellation.h"
#include "pipelines/pack.h"
#include "pipelines/understanding/class_labels.h"
#include "pipelines/understanding/sentences.h"

namespace ogam {

/// What the lanes saw in one segment, by names of known classes.
struct SegmentMaterial {
  TimeSpan span;
  std::vector<Label> pictures;  ///< none when the pack cannot name classes
  std::vector<Label> sounds;
};

/// A vector and the time that it describes.
struct TimedDirection {
  Time time = 0;
  std::size_t segment = 0;
  std::vector<float> values;  ///< L2-normalised
};

/// Everything that an archive knows of an asset, as far as understanding works with it.
struct AssetMaterial {
  AssetSummary asset;
  std::vector<SegmentMaterial> segments;  ///< ascending
  std::vector<TimedSentence> spoken;      ///< in order of time
  std::vector<TimedSentence> written;     ///< words on screen, or the passages of a text
  std::vector<TimedDirection> pictures;   ///< of the visual lane's first space, ascending
  std::vector<TimedDirection> sounds;     ///< of the sound lane's first space, ascending

  /// What there is to quote: what was said, or what was written where nothing was said.
  const std::vector<TimedSentence>& sentences() const { return spoken.empty() ? written : spoken; }
};

struct MaterialOptions {
  std::string language = "en";   ///< in which classes are named, where the pack has such names
  bool sentence_vectors = true;  ///< whether sentences get theirs; it may take a model to make them
};

/// The material of one asset.
/// @throws Error{not_found} when the archive has no such asset, Error{invalid_argument} when it was
///     made with other models than the pack's, Cancelled.
AssetMaterial read_material(const Archive& archive, const Pack& pack, const std::string& asset,
                            const MaterialOptions& options = {},
                            const CancellationToken& cancellation = {});

}  // namespace ogam
