#include "core/media/image.h"

#include <array>
#include <opencv2/imgproc.hpp>

#include "core/base/error.h"
#include "core/media/opencv_view.h"

namespace ogam {

namespace {

Image make_image(Size size) {
  return {
      .width = size.width,
      .height = size.height,
      .pixels = std::vector<std::uint8_t>(static_cast<std::size_t>(size.width) * size.height * 3)};
}

}  // namespace

Image resize(const Image& image, Size size, Interpolation interpolation) {
  const cv::Mat source = opencv_view(image);
  require(size.width > 0 && size.height > 0, ErrorCode::invalid_argument,
          "a picture needs positive sides, got {} x {}", size.width, size.height);
  constexpr std::array kModes = {cv::INTER_AREA, cv::INTER_LINEAR, cv::INTER_CUBIC};
  Image result = make_image(size);
  cv::Mat target = opencv_view(result);
  cv::resize(source, target, target.size(), 0, 0, kModes[static_cast<std::size_t>(interpolation)]);
  return result;
}

Image crop(const Image& image, int left, int top, Size size) {
  const cv::Mat source = opencv_view(image);
  require(left >= 0 && top >= 0 && size.width > 0 && size.height > 0 &&
              size.width <= image.width - left && size.height <= image.height - top,
          ErrorCode::invalid_argument,
          "{} x {} at ({}, {}) does not lie inside a picture of {} x {}", size.width, size.height,
          left, top, image.width, image.height);
  Image result = make_image(size);
  cv::Mat target = opencv_view(result);
  source(cv::Rect(left, top, size.width, size.height)).copyTo(target);
  return result;
}

}  // namespace ogam
