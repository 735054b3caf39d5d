#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/utility.hpp>

#include "core/base/error.h"
#include "core/media/image.h"

namespace ogam {

/// Makes OpenCV compute in the thread that calls it: the thread budget knows nothing of its pool.
inline void keep_opencv_serial() {
  [[maybe_unused]] static const bool done = [] {
    cv::setNumThreads(1);
    return true;
  }();
}

/// A view of the picture's pixels, for OpenCV. OpenCV has no view of constant pixels: write only
/// through the view of a picture that is not constant.
/// @throws Error{invalid_argument} when a side is not positive or the pixels do not fit the size.
inline cv::Mat opencv_view(const Image& image) {
  keep_opencv_serial();
  require(image.width > 0 && image.height > 0 &&
              image.pixels.size() == static_cast<std::size_t>(image.width) *
                                         static_cast<std::size_t>(image.height) * 3,
          ErrorCode::invalid_argument, "a picture of {} x {} cannot have {} bytes of RGB",
          image.width, image.height, image.pixels.size());
  return {image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.pixels.data())};
}

}  // namespace ogam
