#include "core/media/image.h"

#include <array>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"

namespace ogam {

namespace {

/// A view of the picture; OpenCV wants it writable, and nothing here writes.
cv::Mat view(const Image& image) {
  require(image.width > 0 && image.height > 0 &&
              image.pixels.size() == static_cast<std::size_t>(image.width) * image.height * 3,
          ErrorCode::invalid_argument, "a picture of {} x {} has {} bytes of pixels", image.width,
          image.height, image.pixels.size());
  return {image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.pixels.data())};
}

Image make_image(Size size) {
  return {
      .width = size.width,
      .height = size.height,
      .pixels = std::vector<std::uint8_t>(static_cast<std::size_t>(size.width) * size.height * 3)};
}

}  // namespace

Image resize(const Image& image, Size size, Interpolation interpolation) {
  const cv::Mat source = view(image);
  require(size.width > 0 && size.height > 0, ErrorCode::invalid_argument,
          "a picture needs positive sides, got {} x {}", size.width, size.height);
  constexpr std::array kModes = {cv::INTER_AREA, cv::INTER_LINEAR, cv::INTER_CUBIC};
  Image result = make_image(size);
  cv::Mat target = view(result);
  cv::resize(source, target, target.size(), 0, 0, kModes[static_cast<std::size_t>(interpolation)]);
  return result;
}

Image crop(const Image& image, int left, int top, Size size) {
  const cv::Mat source = view(image);
  require(left >= 0 && top >= 0 && size.width > 0 && size.height > 0 &&
              size.width <= image.width - left && size.height <= image.height - top,
          ErrorCode::invalid_argument,
          "{} x {} at ({}, {}) does not lie inside a picture of {} x {}", size.width, size.height,
          left, top, image.width, image.height);
  Image result = make_image(size);
  cv::Mat target = view(result);
  source(cv::Rect(left, top, size.width, size.height)).copyTo(target);
  return result;
}

}  // namespace ogam
