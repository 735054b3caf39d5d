#pragma once

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/nn/normalize_rows.h"
#include "encoders/encoder.h"

namespace ogam {

/// Encodes `items` at most `batch` at a time, so that memory does not grow with their number.
///
/// @param dimension D, of the rows.
/// @param encode takes a span of items and gives one row for each: [n, D].
/// @return the output "embedding": [N, D] float32, L2-normalised rows.
template <typename Item, typename Encode>
std::vector<EncoderOutput> embed_in_batches(std::span<const Item> items, std::size_t batch,
                                            std::int64_t dimension, const Encode& encode) {
  const c10::InferenceMode no_gradients;
  std::vector<at::Tensor> rows = {at::empty({0, dimension})};
  for (std::size_t start = 0; start < items.size(); start += batch) {
    const auto count = std::min(batch, items.size() - start);
    rows.push_back(encode(items.subspan(start, count)).to(at::kFloat));
  }
  return {{"embedding", normalize_rows(at::cat(rows))}};
}

}  // namespace ogam
