#include "encoders/visual_tower.h"

#include <array>
#include <string_view>

#include "core/base/table.h"
#include "encoders/image/llava_onevision_tower.h"
#include "encoders/video/hyperclovax_tower.h"
#include "encoders/video/qwen3_vl_tower.h"

namespace ogam {

namespace {

struct TowerRow {
  std::string_view name;  ///< model_type
  std::unique_ptr<const VisualTower> (*make)(Checkpoint&);
};

constexpr std::array kTowers = {
    TowerRow{"hyperclovax_vision_v2", &make_hyperclovax_tower},
    TowerRow{"llava_onevision", &make_llava_onevision_tower},
    TowerRow{"qwen3_vl", &make_qwen3_vl_tower},
};

}  // namespace

std::unique_ptr<const VisualTower> make_visual_tower(Checkpoint& checkpoint) {
  return find_row(kTowers, checkpoint.model_type(), "vision-language model", checkpoint.origin())
      .make(checkpoint);
}

}  // namespace ogam
