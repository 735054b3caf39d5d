#pragma once

#include <cstdint>

#include "core/media/image.h"

namespace ogam {

/// How a stored picture is turned upright: rows and columns are exchanged first, then mirrored.
struct Orientation {
  bool transpose = false;
  bool flip_x = false;
  bool flip_y = false;

  /// Of an EXIF orientation tag; values other than 1 to 8 mean upright.
  static Orientation from_exif(int tag);

  /// Of a 3 x 3 display matrix in 16.16 fixed point, as MP4 stores it; other angles than multiples
  /// of 90 degrees are rounded to the nearest.
  static Orientation from_display_matrix(const std::int32_t* matrix);

  bool upright() const { return !transpose && !flip_x && !flip_y; }

  /// Clockwise degrees: 0, 90, 180 or 270. A mirrored picture has those of its rotation before the
  /// mirror.
  int rotation() const;

  /// The size of the upright picture of a stored one, and the other way round.
  Size apply(Size size) const { return transpose ? Size{size.height, size.width} : size; }

  friend bool operator==(const Orientation&, const Orientation&) = default;
};

/// The picture turned upright.
Image turn_upright(Image image, Orientation orientation);

}  // namespace ogam
