#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/media/image.h"

namespace ogam {

/// How luma and chroma are made of red, green and blue.
enum class ColorMatrix { bt601, bt709 };

/// What players assume of a video that does not say it: BT.709 from 720 lines on.
ColorMatrix usual_matrix(Size size);

/// A picture as video is coded: a plane of luma, and two of chroma with half the rows and columns,
/// 8 bits, of limited range, without padding. Both sides are even.
struct Picture {
  Size size;
  std::array<std::vector<std::uint8_t>, 3> planes;

  Size plane_size(std::size_t plane) const {
    return plane == 0 ? size : Size{size.width / 2, size.height / 2};
  }
};

constexpr std::uint8_t kBlackLuma = 16;
constexpr std::uint8_t kWhiteLuma = 235;
constexpr std::uint8_t kNeutralChroma = 128;

/// @throws Error{invalid_argument} unless both sides are positive and even.
Picture black_picture(Size size);

/// Where a picture's top left corner comes to lie; both numbers are even.
struct Offset {
  int x = 0;
  int y = 0;
  friend constexpr bool operator==(const Offset&, const Offset&) = default;
};

/// The picture on a black ground of another size. What reaches over its edges is cut off, so that
/// negative offsets crop.
/// @throws Error{invalid_argument} for odd offsets.
Picture place(const Picture& picture, Size ground, Offset offset);

/// Mixes `above` into `picture`, which has the same size: 0 leaves it as it is, 1 replaces it.
void mix(Picture& picture, const Picture& above, double weight);

}  // namespace ogam
