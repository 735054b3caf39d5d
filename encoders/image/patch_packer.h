#pragma once

#include <cstdint>
#include <span>

#include "core/media/image.h"
#include "encoders/image/pixel_values.h"

namespace ogam {

/// In which order the values of one patch follow each other, the last named fastest.
enum class PatchOrder { row_column_channel, channel_time_row_column };

/// How frames are cut into patches.
struct PatchLayout {
  int patch_size = 16;          ///< pixels a side
  int temporal_patch_size = 1;  ///< frames
  int merge_size = 1;           ///< patches a side of the blocks in which patches are listed
  PatchOrder order = PatchOrder::row_column_channel;

  /// Numbers in a patch.
  std::int64_t values() const {
    return std::int64_t{3} * temporal_patch_size * patch_size * patch_size;
  }
};

/// The patches that the `vision_config` of one of Qwen's towers names.
template <typename VisionConfig>
PatchLayout layout_of(const VisionConfig& config) {
  return {.patch_size = static_cast<int>(config.patch_size),
          .temporal_patch_size = static_cast<int>(config.temporal_patch_size),
          .merge_size = static_cast<int>(config.spatial_merge_size)};
}

/// Patches along each axis.
struct PatchGrid {
  std::int64_t frames = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  std::int64_t count() const { return frames * rows * columns; }
};

/// @throws Error{invalid_argument} unless the sides are multiples of the blocks' sides.
PatchGrid patch_grid(Size size, std::int64_t frames, const PatchLayout& layout);

/// Writes the patches of a still picture (one frame) or of a video's frames: frame group by frame
/// group, block row by block row, and inside a block row by row. The last frame is repeated until
/// it fills a patch.
///
/// @param frames at least one, all of the same size.
/// @param target room for patch_grid().count() * layout.values() numbers.
/// @throws Error{invalid_argument} when frames differ in size; see also patch_grid.
void pack_patches(std::span<const Image> frames, const PatchLayout& layout,
                  const PixelValues& values, float* target);

}  // namespace ogam
