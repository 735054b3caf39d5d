#include "pipelines/archive_lanes.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <string>

#include "core/base/error.h"

namespace ogam {

namespace {

/// "visual/siglip2/embedding (0123...)": the spaces of `lane`, for messages.
std::string names_of(const std::vector<Space>& spaces, Lane lane) {
  std::vector<std::string> names;
  for (const Space& space : spaces) {
    if (space.lane == lane) {
      names.push_back(fmt::format("{} ({})", space.name, space.id));
    }
  }
  return names.empty() ? fmt::format("none of the lane {}", lane.name())
                       : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::vector<Lane> lanes_of(const Archive& archive, const Pack& pack) {
  const std::vector<Space> known = pack.spaces();
  std::vector<Lane> lanes;
  for (const Space& stored : archive.spaces()) {
    const auto same = std::find(known.begin(), known.end(), stored);
    require(same != known.end(), ErrorCode::invalid_argument,
            "the archive holds vectors of the space {} ({}), the pack {} has {}: they cannot be "
            "compared; use the pack that it was indexed with, or index into a new archive",
            stored.name, stored.id, pack.manifest().name, names_of(known, stored.lane));
    if (std::find(lanes.begin(), lanes.end(), stored.lane) == lanes.end()) {
      lanes.push_back(stored.lane);
    }
  }
  return lanes;
}

}  // namespace ogam
