#include "archive/asset_check.h"

#include <algorithm>
#include <cstdint>

#include "archive/vector_scan.h"
#include "core/base/error.h"

namespace ogam {

const SpaceRow& space_of(const std::string& id, const std::vector<SpaceRow>& spaces) {
  const auto found = std::find_if(spaces.begin(), spaces.end(),
                                  [&](const SpaceRow& row) { return row.space.id == id; });
  if (found == spaces.end()) {
    std::vector<std::string> known;
    known.reserve(spaces.size());
    for (const SpaceRow& row : spaces) {
      known.push_back(describe_space(row.space));
    }
    fail(ErrorCode::invalid_argument, "a vector is of the space {}, this archive holds {}",
         id.substr(0, 12), fmt::join(known, ", "));
  }
  return *found;
}

void check_asset(const AssetRecord& asset, const std::vector<SpaceRow>& spaces) {
  require(!asset.id.empty() && asset.id.size() <= 256, ErrorCode::invalid_argument,
          "an asset needs an id of 1 to 256 bytes, got {}", asset.id.size());
  require(asset.duration >= 0, ErrorCode::invalid_argument, "{} has the duration {}", asset.id,
          asset.duration);
  Time last = INT64_MIN;
  for (const TimeSpan& span : asset.segments) {
    require(span.start >= last && span.end >= span.start, ErrorCode::invalid_argument,
            "the segments of {} must ascend, got [{}, {}) behind {}", asset.id, span.start,
            span.end, last);
    last = span.start;
  }
  for (const WordsRecord& words : asset.words) {
    require(words.segment < asset.segments.size(), ErrorCode::invalid_argument,
            "words of {} are in segment {} of {}", asset.id, words.segment, asset.segments.size());
  }
  for (const VectorRecord& vector : asset.vectors) {
    const SpaceRow& space = space_of(vector.space, spaces);
    require(vector.values.size() == static_cast<std::size_t>(space.space.dimension),
            ErrorCode::invalid_argument, "a vector of {} has {} values, got {}",
            describe_space(space.space), space.space.dimension, vector.values.size());
    require(are_usable(vector.values), ErrorCode::invalid_argument,
            "a vector of {} in {} is not finite", describe_space(space.space), asset.id);
    require(vector.segment < asset.segments.size() &&
                (!vector.words.has_value() || *vector.words < asset.words.size()),
            ErrorCode::invalid_argument, "a vector of {} is of segment {} of {}, words {} of {}",
            asset.id, vector.segment, asset.segments.size(), vector.words.value_or(0),
            asset.words.size());
  }
}

}  // namespace ogam
