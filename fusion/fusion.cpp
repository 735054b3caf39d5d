#include "fusion/fusion.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/tensor/shape.h"

namespace ogam {

namespace {

/// Checks what FusionModel::fuse promises to refuse of every model.
/// @return for each tower of `model`, its embeddings in `segment`, or null where it saw nothing.
std::vector<const TowerEmbeddings*> embeddings_by_tower(const FusionModel& model,
                                                        const FusionSegment& segment) {
  const auto& towers = model.towers();
  std::vector<const TowerEmbeddings*> by_tower(towers.size(), nullptr);
  for (const TowerEmbeddings& given : segment.towers) {
    const auto tower = std::find_if(towers.begin(), towers.end(), [&](const FusionTower& known) {
      return known.name == given.tower;
    });
    require(tower != towers.end(), ErrorCode::invalid_argument,
            "the fusion model has no tower '{}'", given.tower);
    auto& place = by_tower[static_cast<std::size_t>(tower - towers.begin())];
    require(place == nullptr, ErrorCode::invalid_argument, "the tower '{}' is given twice",
            given.tower);
    require(given.vectors.dim() == 2 && given.vectors.size(1) == tower->size,
            ErrorCode::invalid_argument, "the tower '{}' gives vectors [T, {}], got {}",
            given.tower, tower->size, shape_string(given.vectors.sizes()));
    require(given.vectors.size(0) == static_cast<std::int64_t>(given.times.size()),
            ErrorCode::invalid_argument, "the tower '{}' gives {} vectors and {} times",
            given.tower, given.vectors.size(0), given.times.size());
    place = &given;
  }
  for (auto& place : by_tower) {
    if (place != nullptr && place->times.empty()) {
      place = nullptr;
    }
  }
  return by_tower;
}

}  // namespace

std::vector<FusedSegment> FusionModel::fuse(std::span<const FusionSegment> segments) const {
  const c10::InferenceMode inference;
  std::vector<FusedSegment> fused;
  fused.reserve(segments.size());
  for (const FusionSegment& segment : segments) {
    fused.push_back(fuse_segment(segment, embeddings_by_tower(*this, segment)));
  }
  return fused;
}

void require_relatable(std::int64_t embeddings) {
  constexpr std::int64_t kMost = 8192;
  require(embeddings <= kMost, ErrorCode::resource_exhausted,
          "a segment of {} embeddings cannot be fused, at most {} can; make the segments shorter",
          embeddings, kMost);
}

std::vector<FusionMoment> moments_of(const TowerEmbeddings& tower) {
  std::vector<FusionMoment> moments;
  for (const Time time : tower.times) {
    if (moments.empty() || moments.back().time < time) {
      moments.push_back({.time = time});
    }
    const Time before = moments.back().time;
    require(before == time, ErrorCode::invalid_argument,
            "the vectors of the tower '{}' must be in order of time, got {} after {} microseconds",
            tower.tower, time, before);
    ++moments.back().rows;
  }
  return moments;
}

Time since_start(const FusionSegment& segment, Time time) {
  require(time >= segment.span.start, ErrorCode::invalid_argument,
          "what was seen at {} is before its segment, which begins at {}", format_time(time),
          format_time(segment.span.start));
  return time - segment.span.start;
}

FusedSegment nothing_fused(std::int64_t dimension, std::int64_t token_size) {
  return {at::zeros({dimension}), at::empty({0, token_size}), {}};
}

}  // namespace ogam
