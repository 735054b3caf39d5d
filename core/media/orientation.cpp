#include "core/media/orientation.h"

#include <cstdlib>
#include <opencv2/core.hpp>
#include <utility>

#include "core/media/opencv_view.h"

namespace ogam {

Orientation Orientation::from_exif(int tag) {
  const bool known = tag >= 1 && tag <= 8;
  return known ? Orientation{.transpose = tag >= 5,
                             .flip_x = tag == 2 || tag == 3 || tag == 6 || tag == 7,
                             .flip_y = tag == 3 || tag == 4 || tag == 7 || tag == 8}
               : Orientation{};
}

Orientation Orientation::from_display_matrix(const std::int32_t* matrix) {
  // A point (x, y) is shown at (m0 x + m3 y, m1 x + m4 y).
  const auto size = [&](int i) { return std::abs(static_cast<std::int64_t>(matrix[i])); };
  if (size(1) > size(0)) {
    return {.transpose = true, .flip_x = matrix[3] < 0, .flip_y = matrix[1] < 0};
  }
  return {.transpose = false, .flip_x = matrix[0] < 0, .flip_y = matrix[4] < 0};
}

int Orientation::rotation() const {
  if (transpose) {
    return flip_x ? 90 : 270;
  }
  return flip_x && flip_y ? 180 : 0;
}

Image turn_upright(Image image, Orientation orientation) {
  if (orientation.upright()) {
    return image;
  }
  const cv::Mat picture = opencv_view(image);
  const Size size = orientation.apply({image.width, image.height});
  Image turned{.width = size.width,
               .height = size.height,
               .pixels = std::vector<std::uint8_t>(image.pixels.size())};
  cv::Mat target = opencv_view(turned);
  if (orientation.transpose) {
    cv::transpose(picture, target);
  } else {
    picture.copyTo(target);
  }
  if (orientation.flip_x || orientation.flip_y) {
    const int axes = orientation.flip_x ? (orientation.flip_y ? -1 : 1) : 0;
    cv::flip(target, target, axes);
  }
  return turned;
}

}  // namespace ogam
