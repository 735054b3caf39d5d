#include "core/media/picture.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace ogam {

namespace {

constexpr int kHighDefinition = 720;  // lines

void require_even(Size size) {
  require(size.width > 0 && size.height > 0 && size.width % 2 == 0 && size.height % 2 == 0,
          ErrorCode::invalid_argument, "a picture of video needs even sides, got {} x {}",
          size.width, size.height);
}

/// Copies the rows of a plane to where they lie on another.
void place_plane(const std::vector<std::uint8_t>& from, Size from_size,
                 std::vector<std::uint8_t>& onto, Size onto_size, Offset at) {
  const int left = std::max(at.x, 0);
  const int right = std::min(at.x + from_size.width, onto_size.width);
  const int top = std::max(at.y, 0);
  const int bottom = std::min(at.y + from_size.height, onto_size.height);
  if (left >= right) {
    return;
  }
  for (int y = top; y < bottom; ++y) {
    const auto source = static_cast<std::ptrdiff_t>(y - at.y) * from_size.width + (left - at.x);
    const auto target = static_cast<std::ptrdiff_t>(y) * onto_size.width + left;
    std::copy_n(from.begin() + source, right - left, onto.begin() + target);
  }
}

}  // namespace

ColorMatrix usual_matrix(Size size) {
  return std::min(size.width, size.height) >= kHighDefinition ? ColorMatrix::bt709
                                                              : ColorMatrix::bt601;
}

Picture black_picture(Size size) {
  require_even(size);
  Picture picture{.size = size, .planes = {}};
  for (std::size_t i = 0; i < picture.planes.size(); ++i) {
    const Size plane = picture.plane_size(i);
    picture.planes[i].assign(
        static_cast<std::size_t>(plane.width) * static_cast<std::size_t>(plane.height),
        i == 0 ? kBlackLuma : kNeutralChroma);
  }
  return picture;
}

Picture place(const Picture& picture, Size ground, Offset offset) {
  require(offset.x % 2 == 0 && offset.y % 2 == 0, ErrorCode::invalid_argument,
          "a picture is placed at even columns and rows, not at {}, {}", offset.x, offset.y);
  if (picture.size == ground && offset == Offset{}) {
    return picture;
  }
  Picture placed = black_picture(ground);
  for (std::size_t i = 0; i < placed.planes.size(); ++i) {
    const Offset at = i == 0 ? offset : Offset{offset.x / 2, offset.y / 2};
    place_plane(picture.planes[i], picture.plane_size(i), placed.planes[i], placed.plane_size(i),
                at);
  }
  return placed;
}

void mix(Picture& picture, const Picture& above, double weight) {
  require(picture.size == above.size, ErrorCode::invalid_argument,
          "pictures of {} x {} and {} x {} cannot be mixed", picture.size.width,
          picture.size.height, above.size.width, above.size.height);
  constexpr int kOne = 256;
  const int share = std::clamp(static_cast<int>(std::lround(weight * kOne)), 0, kOne);
  for (std::size_t i = 0; i < picture.planes.size(); ++i) {
    std::vector<std::uint8_t>& onto = picture.planes[i];
    const std::vector<std::uint8_t>& from = above.planes[i];
    for (std::size_t j = 0; j < onto.size(); ++j) {
      onto[j] =
          static_cast<std::uint8_t>((onto[j] * (kOne - share) + from[j] * share + kOne / 2) / kOne);
    }
  }
}

}  // namespace ogam
