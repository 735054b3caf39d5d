#include "fusion/mean_fusion.h"

#include <ATen/ATen.h>

#include <set>

#include "core/base/error.h"
#include "core/nn/config_reader.h"

namespace ogam {

namespace {

constexpr std::size_t kMostTowers = 64;
constexpr std::int64_t kLargestTower = 65536;

at::Tensor direction(const at::Tensor& vector) { return vector / vector.norm().clamp_min(1e-12); }

}  // namespace

MeanFusion::MeanFusion(std::vector<FusionTower> towers) : towers_(std::move(towers)) {
  for (const FusionTower& tower : towers_) {
    dimension_ += tower.size;
  }
}

FusedSegment MeanFusion::fuse_segment(const FusionSegment& /*segment*/, const Given& given) const {
  std::vector<at::Tensor> blocks;
  for (std::size_t i = 0; i < towers_.size(); ++i) {
    blocks.push_back(given[i] != nullptr ? direction(given[i]->vectors.to(at::kFloat).mean(0))
                                         : at::zeros({towers_[i].size}));
  }
  return {direction(at::cat(blocks)), at::empty({0, dimension_}), {}};
}

std::vector<FusionTower> parse_fusion_towers(const Json& config, const std::string& origin) {
  const auto list = json_value<Json>(config, "towers", origin);
  require(list.is_array() && !list.empty() && list.size() <= kMostTowers, ErrorCode::corrupt_data,
          "{}: \"towers\" must be a list of 1 to {} objects", origin, kMostTowers);
  std::vector<FusionTower> towers;
  std::set<std::string> names;
  for (const Json& entry : list) {
    const ConfigReader tower(entry, origin + ": \"towers\"");
    towers.push_back({json_value<std::string>(entry, "name", tower.origin()),
                      tower.size("size", kLargestTower)});
    require(names.insert(towers.back().name).second, ErrorCode::corrupt_data,
            "{}: the tower '{}' is named twice", origin, towers.back().name);
  }
  return towers;
}

}  // namespace ogam
