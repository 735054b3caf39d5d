#include "encoders/image/picture_squares.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace ogam {

namespace {

void require_pixels(const Image& image) {
  require(image.width > 0 && image.height > 0 &&
              image.pixels.size() == std::size_t{3} * image.width * image.height,
          ErrorCode::invalid_argument, "a picture of {} x {} pixels with {} samples", image.width,
          image.height, image.pixels.size());
}

/// The picture on a canvas of `size`, with as much beside it on the left as on the right and above
/// as below, or one pixel less.
Image on_canvas(const Image& image, Size size, const std::array<std::uint8_t, 3>& colour) {
  Image canvas = {.width = size.width, .height = size.height, .pixels = {}};
  canvas.pixels.resize(std::size_t{3} * size.width * size.height);
  for (std::size_t i = 0; i < canvas.pixels.size(); ++i) {
    canvas.pixels[i] = colour[i % 3];
  }
  const int left = (size.width - image.width) / 2;
  const int top = (size.height - image.height) / 2;
  const auto row = std::size_t{3} * image.width;
  for (int y = 0; y < image.height; ++y) {
    std::copy_n(image.pixels.data() + y * row, row,
                canvas.pixels.data() +
                    (static_cast<std::size_t>(y + top) * size.width + left) * std::size_t{3});
  }
  return canvas;
}

}  // namespace

Size best_size(Size from, std::span<const Size> sizes) {
  require(from.width > 0 && from.height > 0 && !sizes.empty(), ErrorCode::invalid_argument,
          "a picture of {} x {} is to be brought to one of {} sizes", from.width, from.height,
          sizes.size());
  const auto pixels = std::int64_t{from.width} * from.height;
  Size best;
  std::int64_t most_kept = -1;
  std::int64_t least_empty = 0;
  for (const Size size : sizes) {
    const double scale = std::min(static_cast<double>(size.width) / from.width,
                                  static_cast<double>(size.height) / from.height);
    const auto width = static_cast<std::int64_t>(from.width * scale);
    const auto height = static_cast<std::int64_t>(from.height * scale);
    const auto kept = std::min(width * height, pixels);
    const auto empty = std::int64_t{size.width} * size.height - kept;
    if (kept > most_kept || (kept == most_kept && empty < least_empty)) {
      best = size;
      most_kept = kept;
      least_empty = empty;
    }
  }
  return best;
}

std::vector<Image> cut_squares(const Image& image, Size size, int side, ResampleFilter filter) {
  require_pixels(image);
  const double across = static_cast<double>(size.width) / image.width;
  const double down = static_cast<double>(size.height) / image.height;
  const auto scaled = [](int length, double scale, int most) {
    return std::min(static_cast<int>(std::ceil(length * scale)), most);
  };
  const Size fitting = across < down ? Size{size.width, scaled(image.height, across, size.height)}
                                     : Size{scaled(image.width, down, size.width), size.height};
  const Image canvas = on_canvas(resample(image, fitting, {.filter = filter}), size, {0, 0, 0});
  std::vector<Image> squares;
  for (int top = 0; top < size.height; top += side) {
    for (int left = 0; left < size.width; left += side) {
      squares.push_back(crop(canvas, left, top, {side, side}));
    }
  }
  return squares;
}

Image pad_to_square(const Image& image, const std::array<std::uint8_t, 3>& colour) {
  require_pixels(image);
  const int side = std::max(image.width, image.height);
  return on_canvas(image, {side, side}, colour);
}

}  // namespace ogam
