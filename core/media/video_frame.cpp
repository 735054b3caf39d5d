#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

#include "core/media/frame_scaler.h"
#include "core/media/frame_state.h"

namespace ogam {

namespace {

/// @param size of the result as stored, before it is turned upright.
Image convert(const AVFrame& frame, Size size, int flags) {
  SwsContext* const scaler = frame_scaler({.from = {frame.width, frame.height},
                                           .pixel_format = frame.format,
                                           .color_space = frame.colorspace,
                                           .full_range = is_full_range(frame),
                                           .to = size,
                                           .format = {},
                                           .flags = flags});
  // libswscale writes whole vectors: rows are given room for them, and closed up afterwards.
  constexpr std::size_t kVector = 32;
  const std::size_t row = static_cast<std::size_t>(size.width) * 3;
  const std::size_t padded = row % kVector == 0 ? row : (row / kVector + 2) * kVector;
  const auto rows = static_cast<std::size_t>(size.height);
  Image image{.width = size.width, .height = size.height, .pixels = {}};
  image.pixels.resize(padded * rows + (padded == row ? 0 : kVector));
  const std::array<std::uint8_t*, 4> planes = {image.pixels.data()};
  const std::array<int, 4> strides = {static_cast<int>(padded)};
  const int written =
      sws_scale(scaler, frame.data, frame.linesize, 0, frame.height, planes.data(), strides.data());
  require(written == size.height, ErrorCode::internal, "converting a frame gave {} rows of {}",
          written, size.height);
  if (padded != row) {
    for (std::size_t y = 1; y < rows; ++y) {
      std::memmove(image.pixels.data() + y * row, image.pixels.data() + y * padded, row);
    }
    image.pixels.resize(row * rows);
  }
  return image;
}

constexpr int space_of(ColorMatrix matrix) {
  return matrix == ColorMatrix::bt709 ? SWS_CS_ITU709 : SWS_CS_ITU601;
}

/// A plane turned upright.
std::vector<std::uint8_t> turn(const std::vector<std::uint8_t>& plane, Size size,
                               Orientation orientation) {
  const Size turned = orientation.apply(size);
  std::vector<std::uint8_t> result(plane.size());
  std::size_t next = 0;
  for (int row = 0; row < turned.height; ++row) {
    for (int column = 0; column < turned.width; ++column) {
      const int x = orientation.flip_x ? turned.width - 1 - column : column;
      const int y = orientation.flip_y ? turned.height - 1 - row : row;
      const int from_x = orientation.transpose ? y : x;
      const int from_y = orientation.transpose ? x : y;
      result[next++] =
          plane[static_cast<std::size_t>(from_y) * static_cast<std::size_t>(size.width) +
                static_cast<std::size_t>(from_x)];
    }
  }
  return result;
}

}  // namespace

VideoFrame::VideoFrame(std::shared_ptr<const State> state) : state_(std::move(state)) {}

Time VideoFrame::time() const { return state_->time; }

bool VideoFrame::keyframe() const { return state_->keyframe; }

Size VideoFrame::size() const {
  return state_->orientation.apply({state_->frame->width, state_->frame->height});
}

Image VideoFrame::rgb() const {
  const AVFrame& frame = *state_->frame;
  return turn_upright(convert(frame, {frame.width, frame.height}, SWS_BICUBIC),
                      state_->orientation);
}

Image VideoFrame::rgb(Size size, Interpolation interpolation) const {
  require(size.width > 0 && size.height > 0, ErrorCode::invalid_argument,
          "a picture needs positive sides, got {} x {}", size.width, size.height);
  constexpr std::array kFlags = {SWS_AREA, SWS_BILINEAR, SWS_BICUBIC};
  const int flags = kFlags[static_cast<std::size_t>(interpolation)] | SWS_ACCURATE_RND;
  return turn_upright(convert(*state_->frame, state_->orientation.apply(size), flags),
                      state_->orientation);
}

Picture VideoFrame::picture(Size size, ColorMatrix matrix) const {
  const AVFrame& frame = *state_->frame;
  const Orientation orientation = state_->orientation;
  const Size stored = orientation.apply(size);
  const ColorMatrix assumed = usual_matrix({frame.width, frame.height});
  SwsContext* const scaler =
      frame_scaler({.from = {frame.width, frame.height},
                    .pixel_format = frame.format,
                    .color_space = frame.colorspace == AVCOL_SPC_UNSPECIFIED ? space_of(assumed)
                                                                             : frame.colorspace,
                    .full_range = is_full_range(frame),
                    .to = stored,
                    .format = {AV_PIX_FMT_YUV420P, space_of(matrix), false},
                    .flags = SWS_BICUBIC | SWS_ACCURATE_RND});
  Picture picture = black_picture(stored);
  // libswscale writes whole vectors, so it is given rows with room for them.
  const ffmpeg::Frame scaled = ffmpeg::make_frame();
  scaled->format = AV_PIX_FMT_YUV420P;
  scaled->width = stored.width;
  scaled->height = stored.height;
  if (av_frame_get_buffer(scaled.get(), 0) < 0) {
    throw std::bad_alloc();
  }
  const int written = sws_scale(scaler, frame.data, frame.linesize, 0, frame.height, scaled->data,
                                scaled->linesize);
  require(written == stored.height, ErrorCode::internal, "converting a frame gave {} rows of {}",
          written, stored.height);
  for (std::size_t i = 0; i < picture.planes.size(); ++i) {
    const Size plane = picture.plane_size(i);
    for (int row = 0; row < plane.height; ++row) {
      std::copy_n(scaled->data[i] + static_cast<std::ptrdiff_t>(row) * scaled->linesize[i],
                  plane.width,
                  picture.planes[i].begin() + static_cast<std::ptrdiff_t>(row) * plane.width);
    }
    if (!orientation.upright()) {
      picture.planes[i] = turn(picture.planes[i], plane, orientation);
    }
  }
  picture.size = size;
  return picture;
}

}  // namespace ogam
