#include "encoders/image/qwen_patches.h"

#include <ATen/ATen.h>

#include "core/base/error.h"
#include "core/nn/attention.h"
#include "core/tensor/shape.h"

namespace ogam {

PatchPlaces merged_order(std::int64_t rows, std::int64_t columns, std::int64_t merge_size) {
  const auto order = [&](const at::Tensor& places) {
    return places.expand({rows, columns})
        .reshape({rows / merge_size, merge_size, columns / merge_size, merge_size})
        .transpose(1, 2)
        .flatten();
  };
  return {order(at::arange(rows).unsqueeze(1)), order(at::arange(columns).unsqueeze(0))};
}

Rotation patch_rotation(std::span<const PatchGrid> grids, std::int64_t merge_size,
                        const at::Tensor& frequencies) {
  std::vector<at::Tensor> angles;
  angles.reserve(grids.size());
  for (const PatchGrid& grid : grids) {
    const auto places = merged_order(grid.rows, grid.columns, merge_size);
    const auto place = at::stack({places.rows, places.columns}, 1).repeat({grid.frames, 1});
    angles.push_back((place.unsqueeze(-1) * frequencies).flatten(1));
  }
  const auto angle = at::cat(angles);  // [N, head size / 2]
  return {angle.cos(), angle.sin()};
}

std::vector<std::int64_t> frame_lengths(std::span<const PatchGrid> grids) {
  std::vector<std::int64_t> lengths;
  for (const PatchGrid& grid : grids) {
    lengths.insert(lengths.end(), grid.frames, grid.rows * grid.columns);
  }
  return lengths;
}

void require_patches(const at::Tensor& patches, std::span<const PatchGrid> grids,
                     std::int64_t merge_size, std::int64_t values) {
  std::int64_t total = 0;
  for (const PatchGrid& grid : grids) {
    require(grid.frames > 0 && grid.rows > 0 && grid.columns > 0 && grid.rows % merge_size == 0 &&
                grid.columns % merge_size == 0,
            ErrorCode::invalid_argument, "a grid of {} x {} x {} patches has no squares of {}",
            grid.frames, grid.rows, grid.columns, merge_size);
    total += grid.count();
  }
  require(total > 0 && patches.sizes() == at::IntArrayRef({total, values}),
          ErrorCode::invalid_argument, "patches must be [{}, {}], got {}", total, values,
          shape_string(patches));
}

SegmentAttention::SegmentAttention(const WeightScope& weights, const Config& config)
    : heads_(config.heads),
      qkv_(weights.scope("qkv"), {.in = config.size, .out = 3 * config.size}),
      proj_(weights.scope("proj"), {.in = config.size, .out = config.size}) {}

at::Tensor SegmentAttention::operator()(const at::Tensor& x, const Rotation& rotation,
                                        std::span<const std::int64_t> lengths) const {
  // [3, heads, N, head size]; turned in float32.
  const auto qkv = qkv_(x).view({x.size(0), 3, heads_, -1}).permute({1, 2, 0, 3});
  const auto turned = rotate_half(qkv.narrow(0, 0, 2).to(at::kFloat), rotation).to(x.scalar_type());
  std::vector<at::Tensor> outputs;
  std::int64_t start = 0;
  for (std::size_t first = 0; first < lengths.size();) {
    // Segments of one length that follow each other make a batch.
    const auto length = lengths[first];
    std::size_t end = first;
    while (end < lengths.size() && lengths[end] == length) {
      ++end;
    }
    const auto count = static_cast<std::int64_t>(end - first);
    const auto segments = [&](const at::Tensor& part) {
      return part.narrow(1, start, count * length).unflatten(1, {count, length}).transpose(0, 1);
    };
    outputs.push_back(
        attend(segments(turned[0]), segments(turned[1]), segments(qkv[2])).flatten(0, 1));
    start += count * length;
    first = end;
  }
  return proj_(at::cat(outputs));
}

}  // namespace ogam
