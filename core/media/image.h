#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace ogam {

/// An RGB picture, 8 bits a channel, rows from the top, no padding: pixels[(y * width + x) * 3 +
/// channel].
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;
};

struct Size {
  int width = 0;
  int height = 0;
  friend constexpr bool operator==(const Size&, const Size&) = default;
};

enum class Interpolation { area, bilinear, bicubic };

/// @throws Error{invalid_argument} when a side is not positive or the pixels do not fit the size.
Image resize(const Image& image, Size size, Interpolation interpolation);

/// The rectangle [left, left + size.width) x [top, top + size.height).
/// @throws Error{invalid_argument} when it does not lie inside the picture.
Image crop(const Image& image, int left, int top, Size size);

}  // namespace ogam
