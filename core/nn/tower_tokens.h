#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/base/time.h"

namespace ogam {

/// What a model's tower hands to the transformer that joins it with others: a fusion model, or a
/// language model that reads what was seen among its words.
struct TowerTokens {
  at::Tensor vectors;        ///< [T, D] in the checkpoint's precision
  std::vector<Time> times;   ///< T: the moment of each, since the medium began
  std::int64_t columns = 0;  ///< of a moment's grid of tokens; 0 where they are no grid
  std::int64_t rows = 0;     ///< likewise
};

}  // namespace ogam
