#include "pipelines/fused_lane.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "core/base/error.h"
#include "fusion/fusion.h"
#include "pipelines/vector_rows.h"

namespace ogam {

namespace {

std::vector<float> values_of(const at::Tensor& vector) {
  const auto contiguous = vector.to(at::kFloat).contiguous();
  const auto* const data = contiguous.const_data_ptr<float>();
  return {data, data + contiguous.numel()};
}

}  // namespace

void add_fused_vectors(const Pack& pack, const PackLane& lane, AssetRecord& record) {
  const c10::InferenceMode inference;
  const auto model = pack.fusion(lane);
  std::vector<FusionSegment> segments(record.segments.size());
  for (std::size_t i = 0; i < segments.size(); ++i) {
    segments[i].span = record.segments[i];
  }
  for (const PackTower& tower : lane.fusion->towers) {
    const PackSpace& source = pack.manifest().space_of(tower);
    const Space space = pack.space(*pack.manifest().lane(tower.lane), source);
    std::map<std::size_t, std::pair<std::vector<std::span<const float>>, std::vector<Time>>>
        by_segment;
    for (const VectorRecord& vector : record.vectors) {
      if (vector.space == space.id) {
        auto& [rows, times] = by_segment[vector.segment];
        rows.emplace_back(vector.values);
        times.push_back(vector.time);
      }
    }
    for (auto& [segment, found] : by_segment) {
      segments.at(segment).towers.push_back(
          {tower.name, matrix_of(found.first, source.dimension), std::move(found.second)});
    }
  }
  const auto fused = model->fuse(segments);
  for (const PackSpace& output : lane.spaces) {
    const Space space = pack.space(lane, output);
    for (std::size_t i = 0; i < segments.size(); ++i) {
      // A vector of zeros: the model had nothing to go by.
      if (fused[i].vector.any().item<bool>()) {
        record.vectors.push_back(
            {space.id, i, record.segments[i].middle(), values_of(fused[i].vector), std::nullopt});
      }
    }
  }
}

std::vector<std::vector<float>> fuse_queries(
    const Pack& pack, const PackLane& lane,
    const std::vector<std::vector<std::vector<float>>>& tower_vectors) {
  const auto& towers = lane.fusion->towers;
  require(tower_vectors.size() == towers.size(), ErrorCode::internal, "{} towers of {}",
          tower_vectors.size(), towers.size());
  std::size_t texts = 0;
  for (const auto& vectors : tower_vectors) {
    texts = std::max(texts, vectors.size());
  }
  std::vector<FusionSegment> segments(texts);
  for (std::size_t i = 0; i < towers.size(); ++i) {
    const std::int64_t size = pack.manifest().space_of(towers[i]).dimension;
    for (std::size_t j = 0; j < tower_vectors[i].size(); ++j) {
      const std::span<const float> row = tower_vectors[i][j];
      segments[j].towers.push_back({towers[i].name, matrix_of({&row, 1}, size), {0}});
    }
  }
  std::vector<std::vector<float>> vectors;
  for (const FusedSegment& fused : pack.fusion(lane)->fuse(segments)) {
    vectors.push_back(values_of(fused.vector));
  }
  return vectors;
}

}  // namespace ogam
