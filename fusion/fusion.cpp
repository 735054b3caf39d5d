#include "fusion/fusion.h"

#include <algorithm>

#include "core/base/error.h"
#include "core/tensor/shape.h"

namespace ogam {

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
  return by_tower;
}

}  // namespace ogam
