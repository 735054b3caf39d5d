#include "encoders/image/patch_packer.h"

#include <algorithm>

#include "core/base/error.h"

namespace ogam {
namespace {

/// How far apart neighbours along each axis lie in a patch's values.
struct Strides {
  std::int64_t channel;
  std::int64_t time;
  std::int64_t row;
  std::int64_t column;
};

Strides strides(const PatchLayout& layout) {
  const std::int64_t side = layout.patch_size;
  if (layout.order == PatchOrder::row_column_channel) {
    return {.channel = 1, .time = side * side * 3, .row = side * 3, .column = 3};
  }
  return {.channel = layout.temporal_patch_size * side * side,
          .time = side * side,
          .row = side,
          .column = 1};
}

/// Writes the part of a patch that one frame gives.
void pack_frame(const std::uint8_t* corner, std::int64_t row_bytes, int side, const Strides& to,
                const PixelValues& values, float* target) {
  for (std::int64_t c = 0; c < 3; ++c) {
    const auto& table = values.channel(static_cast<std::size_t>(c));
    for (std::int64_t y = 0; y < side; ++y) {
      const std::uint8_t* source = corner + y * row_bytes + c;
      float* value = target + c * to.channel + y * to.row;
      for (int x = 0; x < side; ++x, source += 3, value += to.column) {
        *value = table[*source];
      }
    }
  }
}

}  // namespace

PatchGrid patch_grid(Size size, std::int64_t frames, const PatchLayout& layout) {
  const int block = layout.patch_size * layout.merge_size;
  require(size.width > 0 && size.height > 0 && size.width % block == 0 && size.height % block == 0,
          ErrorCode::invalid_argument,
          "a picture of {} x {} cannot be cut into blocks of {} pixels a side", size.width,
          size.height, block);
  return {.frames = (frames + layout.temporal_patch_size - 1) / layout.temporal_patch_size,
          .rows = size.height / layout.patch_size,
          .columns = size.width / layout.patch_size};
}

void pack_patches(std::span<const Image> frames, const PatchLayout& layout,
                  const PixelValues& values, float* target) {
  require(!frames.empty(), ErrorCode::invalid_argument, "there are no frames to cut into patches");
  const Size size = {frames.front().width, frames.front().height};
  const auto bytes =
      static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 3;
  for (const Image& frame : frames) {
    require(Size{frame.width, frame.height} == size && frame.pixels.size() == bytes,
            ErrorCode::invalid_argument, "frames of {} x {} and {} x {} cannot be packed together",
            size.width, size.height, frame.width, frame.height);
  }
  const PatchGrid grid = patch_grid(size, static_cast<std::int64_t>(frames.size()), layout);
  const Strides to = strides(layout);
  const std::int64_t row_bytes = std::int64_t{size.width} * 3;
  const std::int64_t merge = layout.merge_size;
  const std::int64_t last = static_cast<std::int64_t>(frames.size()) - 1;
  // Patches of a block row are counted through block by block.
  const std::int64_t per_block_row = grid.columns * merge;
  for (std::int64_t i = 0; i < grid.count(); ++i, target += layout.values()) {
    const std::int64_t in_frame = i % (grid.rows * grid.columns);
    const std::int64_t in_block_row = in_frame % per_block_row;
    const std::int64_t in_block = in_block_row % (merge * merge);
    const std::int64_t row = in_frame / per_block_row * merge + in_block / merge;
    const std::int64_t column = in_block_row / (merge * merge) * merge + in_block % merge;
    const std::int64_t first = i / (grid.rows * grid.columns) * layout.temporal_patch_size;
    const std::int64_t corner =
        row * layout.patch_size * row_bytes + column * layout.patch_size * 3;
    for (std::int64_t t = 0; t < layout.temporal_patch_size; ++t) {
      const Image& frame = frames[static_cast<std::size_t>(std::min(first + t, last))];
      pack_frame(frame.pixels.data() + corner, row_bytes, layout.patch_size, to, values,
                 target + t * to.time);
    }
  }
}

}  // namespace ogam
