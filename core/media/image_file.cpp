#include "core/media/image_file.h"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/image_header.h"
#include "core/media/opencv_view.h"
#include "core/media/reader.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMaxImageBytes = std::size_t{512} << 20;
/// Cameras and programs write at most a dozen or two.
constexpr int kMaxPasses = 256;

/// OpenCV's decoders know no GIF; FFmpeg's do.
Image read_first_frame(const fs::path& path, const MediaLimits& limits) {
  MediaReader reader(path, {.audio = false, .limits = limits});
  const auto event = reader.next();
  require(event && std::holds_alternative<VideoFrame>(*event), ErrorCode::corrupt_data,
          "{} holds no picture that can be decoded", display_path(path));
  return std::get<VideoFrame>(*event).rgb();
}

/// 8-bit channels, whatever the depth.
cv::Mat to_8_bits(const cv::Mat& picture, const std::string& name) {
  if (picture.depth() == CV_8U) {
    return picture;
  }
  require(picture.depth() == CV_16U, ErrorCode::unsupported,
          "{} has floating-point or signed samples; convert it to 8 or 16 bits a channel", name);
  cv::Mat narrow;
  picture.convertTo(narrow, CV_8U, 1.0 / 257);
  return narrow;
}

/// Lays BGRA over white.
cv::Mat over_white(const cv::Mat& picture) {
  cv::Mat flat(picture.size(), CV_8UC3);
  for (int y = 0; y < picture.rows; ++y) {
    const std::uint8_t* source = picture.ptr<std::uint8_t>(y);
    std::uint8_t* target = flat.ptr<std::uint8_t>(y);
    for (int x = 0; x < picture.cols; ++x, source += 4, target += 3) {
      const int alpha = source[3];
      for (int c = 0; c < 3; ++c) {
        target[c] =
            static_cast<std::uint8_t>((source[c] * alpha + 255 * (255 - alpha) + 127) / 255);
      }
    }
  }
  return flat;
}

Image to_rgb(const cv::Mat& picture, const std::string& name) {
  cv::Mat bgr = to_8_bits(picture, name);
  if (bgr.channels() == 4) {
    bgr = over_white(bgr);
  }
  Image image{
      .width = bgr.cols,
      .height = bgr.rows,
      .pixels = std::vector<std::uint8_t>(static_cast<std::size_t>(bgr.cols) * bgr.rows * 3)};
  cv::Mat target(bgr.rows, bgr.cols, CV_8UC3, image.pixels.data());
  cv::cvtColor(bgr, target, bgr.channels() == 1 ? cv::COLOR_GRAY2RGB : cv::COLOR_BGR2RGB);
  return image;
}

}  // namespace

Image read_image(const fs::path& path, const MediaLimits& limits) {
  const std::string name = display_path(path);
  std::string content = read_file(path, kMaxImageBytes);
  require(!content.empty(), ErrorCode::corrupt_data, "{} is empty", name);
  const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(content.data()),
                                            content.size());
  const auto format = image_format(bytes);
  require(format.has_value(), ErrorCode::unsupported,
          "{} is not a JPEG, PNG, WebP, GIF, BMP or TIFF picture; convert it to one of them", name);
  const auto header = read_image_header(bytes, *format);
  require(header.has_value(), ErrorCode::corrupt_data,
          "{} starts like a {} picture but its header is damaged", name,
          image_format_name(*format));
  const Size size = header->size;
  require(size.width <= limits.max_side && size.height <= limits.max_side &&
              static_cast<std::int64_t>(size.width) * size.height <= limits.max_pixels,
          ErrorCode::resource_exhausted,
          "{} holds a picture of {} x {}; at most {} a side and {} pixels are read", name,
          size.width, size.height, limits.max_side, limits.max_pixels);
  require(header->complete, ErrorCode::corrupt_data,
          "{} is a {} picture that was cut short; copy it again", name, image_format_name(*format));
  require(!header->animated, ErrorCode::unsupported,
          "{} is an animated {}; convert it to GIF or MP4", name, image_format_name(*format));
  require(header->passes <= kMaxPasses, ErrorCode::resource_exhausted,
          "{} is a JPEG picture that is to be decoded in {} passes; at most {} are made", name,
          header->passes, kMaxPasses);
  if (*format == ImageFormat::gif) {
    return read_first_frame(path, limits);
  }
  // Without alpha OpenCV is left to make three channels of palettes, gray and CMYK.
  keep_opencv_serial();
  const int mode =
      (header->has_alpha ? cv::IMREAD_UNCHANGED : cv::IMREAD_COLOR) | cv::IMREAD_IGNORE_ORIENTATION;
  cv::Mat picture;
  try {
    picture =
        cv::imdecode(cv::Mat(1, static_cast<int>(content.size()), CV_8U, content.data()), mode);
  } catch (const cv::Exception& error) {
    fail(ErrorCode::corrupt_data, "{} cannot be decoded as {}: {}", name,
         image_format_name(*format), error.err);
  }
  require(!picture.empty(), ErrorCode::corrupt_data,
          "{} cannot be decoded as {}; the file is damaged", name, image_format_name(*format));
  const bool as_announced = (picture.cols == size.width && picture.rows == size.height) ||
                            (picture.cols == size.height && picture.rows == size.width);
  require(as_announced, ErrorCode::corrupt_data,
          "{} announces a picture of {} x {} but holds one of {} x {}; the file is damaged", name,
          size.width, size.height, picture.cols, picture.rows);
  Image image = to_rgb(picture, name);
  picture.release();  // a large picture is held twice, not three times, while it is turned
  return turn_upright(std::move(image), header->orientation);
}

std::vector<std::uint8_t> encode_image(const Image& image, const std::string& extension) {
  std::string format = extension;
  for (char& c : format) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  require(format == ".png" || format == ".jpg" || format == ".jpeg", ErrorCode::invalid_argument,
          "pictures are written as .png or .jpg, not as '{}'", display_path(extension));
  const cv::Mat rgb = opencv_view(image);
  cv::Mat bgr;
  cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  std::vector<std::uint8_t> encoded;
  bool done = false;
  try {
    done = cv::imencode(format, bgr, encoded);
  } catch (const cv::Exception& error) {
    fail(ErrorCode::internal, "cannot encode a picture as {}: {}", format, error.err);
  }
  require(done, ErrorCode::internal, "cannot encode a picture as {}", format);
  return encoded;
}

void write_image(const fs::path& path, const Image& image) {
  const auto encoded = encode_image(image, path.extension().string());
  write_file_atomically(path, {reinterpret_cast<const char*>(encoded.data()), encoded.size()});
}

}  // namespace ogam
