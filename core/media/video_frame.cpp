extern "C" {
#include <libavutil/pixdesc.h>
}

#include <array>
#include <cstring>
#include <utility>

#include "core/media/frame_state.h"

namespace ogam {

namespace {

/// Everything a conversion depends on.
struct ScalerKey {
  Size from;
  int pixel_format = AV_PIX_FMT_NONE;
  int color_space = AVCOL_SPC_UNSPECIFIED;
  bool full_range = false;
  Size to;
  int flags = 0;
  friend bool operator==(const ScalerKey&, const ScalerKey&) = default;
};

bool is_full_range(const AVFrame& frame) {
  switch (frame.format) {
    case AV_PIX_FMT_YUVJ411P:
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_YUVJ444P:
      return true;
    default:
      return frame.color_range == AVCOL_RANGE_JPEG;
  }
}

ffmpeg::Scaler make_scaler(const ScalerKey& key) {
  ffmpeg::Scaler scaler(sws_getContext(
      key.from.width, key.from.height, static_cast<AVPixelFormat>(key.pixel_format), key.to.width,
      key.to.height, AV_PIX_FMT_RGB24, key.flags, nullptr, nullptr, nullptr));
  const char* const name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(key.pixel_format));
  require(scaler != nullptr, ErrorCode::unsupported, "cannot turn {} frames of {} x {} into RGB",
          name == nullptr ? "unknown" : name, key.from.width, key.from.height);
  constexpr int kUnity = 1 << 16;
  // Refused for RGB sources, which need no matrix.
  sws_setColorspaceDetails(scaler.get(), sws_getCoefficients(key.color_space),
                           key.full_range ? 1 : 0, sws_getCoefficients(SWS_CS_DEFAULT), 1, 0,
                           kUnity, kUnity);
  return scaler;
}

/// The scalers a thread used last. Making one takes longer than using it on a small frame, and one
/// must not be used by two threads at a time; a stage converts to one or two sizes, so a handful
/// serves.
SwsContext* cached_scaler(const ScalerKey& key) {
  struct Entry {
    ScalerKey key;
    ffmpeg::Scaler scaler;
  };
  thread_local std::array<Entry, 4> cache;
  std::size_t found = 0;
  while (found + 1 < cache.size() && !(cache[found].scaler && cache[found].key == key)) {
    ++found;
  }
  Entry entry = std::move(cache[found]);
  if (!entry.scaler || entry.key != key) {
    entry = {key, make_scaler(key)};
  }
  std::move_backward(cache.begin(), cache.begin() + static_cast<std::ptrdiff_t>(found),
                     cache.begin() + static_cast<std::ptrdiff_t>(found) + 1);
  cache.front() = std::move(entry);
  return cache.front().scaler.get();
}

/// @param size of the result as stored, before it is turned upright.
Image convert(const AVFrame& frame, Size size, int flags) {
  SwsContext* const scaler = cached_scaler({.from = {frame.width, frame.height},
                                            .pixel_format = frame.format,
                                            .color_space = frame.colorspace,
                                            .full_range = is_full_range(frame),
                                            .to = size,
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

}  // namespace ogam
