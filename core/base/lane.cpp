#include "core/base/lane.h"

#include <algorithm>

#include "core/base/error.h"

namespace ogam {

namespace {
constexpr std::array<std::string_view, 5> kNames = {"visual", "sound", "speech", "text", "fused"};
}  // namespace

std::string_view Lane::name() const { return kNames[value_]; }

Lane Lane::parse(std::string_view name) {
  const auto* const found = std::find(kNames.begin(), kNames.end(), name);
  require(found != kNames.end(), ErrorCode::invalid_argument,
          "'{}' is not a lane; the lanes are {}", name, fmt::join(kNames, ", "));
  return static_cast<Value>(found - kNames.begin());
}

std::vector<Lane> Lane::parse_list(std::string_view names) {
  std::vector<Lane> lanes;
  while (true) {
    const auto comma = names.find(',');
    const Lane lane = parse(names.substr(0, comma));
    if (std::find(lanes.begin(), lanes.end(), lane) == lanes.end()) {
      lanes.push_back(lane);
    }
    if (comma == std::string_view::npos) {
      return lanes;
    }
    names.remove_prefix(comma + 1);
  }
}

std::vector<Lane> Lane::all() { return {visual, sound, speech, text, fused}; }

}  // namespace ogam
