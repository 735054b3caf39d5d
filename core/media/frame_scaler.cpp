#include "core/media/frame_scaler.h"

extern "C" {
#include <libavutil/pixdesc.h>
}

#include <algorithm>
#include <array>
#include <utility>

namespace ogam {

namespace {

ffmpeg::Scaler make_scaler(const FrameScaling& scaling) {
  ffmpeg::Scaler scaler(sws_getContext(scaling.from.width, scaling.from.height,
                                       static_cast<AVPixelFormat>(scaling.pixel_format),
                                       scaling.to.width, scaling.to.height, scaling.format.pixels,
                                       scaling.flags, nullptr, nullptr, nullptr));
  const char* const name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(scaling.pixel_format));
  require(scaler != nullptr, ErrorCode::unsupported, "cannot convert {} frames of {} x {}",
          name == nullptr ? "unknown" : name, scaling.from.width, scaling.from.height);
  constexpr int kUnity = 1 << 16;
  // Refused for RGB sources, which need no matrix.
  sws_setColorspaceDetails(scaler.get(), sws_getCoefficients(scaling.color_space),
                           scaling.full_range ? 1 : 0,
                           sws_getCoefficients(scaling.format.color_space),
                           scaling.format.full_range ? 1 : 0, 0, kUnity, kUnity);
  return scaler;
}

}  // namespace

SwsContext* frame_scaler(const FrameScaling& scaling) {
  struct Entry {
    FrameScaling scaling;
    ffmpeg::Scaler scaler;
  };
  // One must not be used by two threads at a time; a stage converts to one or two sizes, so a
  // handful serves.
  thread_local std::array<Entry, 4> cache;
  std::size_t found = 0;
  while (found + 1 < cache.size() && !(cache[found].scaler && cache[found].scaling == scaling)) {
    ++found;
  }
  Entry entry = std::move(cache[found]);
  if (!entry.scaler || entry.scaling != scaling) {
    entry = {scaling, make_scaler(scaling)};
  }
  std::move_backward(cache.begin(), cache.begin() + static_cast<std::ptrdiff_t>(found),
                     cache.begin() + static_cast<std::ptrdiff_t>(found) + 1);
  cache.front() = std::move(entry);
  return cache.front().scaler.get();
}

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

}  // namespace ogam
