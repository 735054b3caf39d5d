#pragma once

#include "core/media/ffmpeg_support.h"
#include "core/media/image.h"

namespace ogam {

/// What decoded frames are turned into.
struct ScaledFormat {
  AVPixelFormat pixels = AV_PIX_FMT_RGB24;
  int color_space = SWS_CS_DEFAULT;  ///< of formats with luma and chroma
  bool full_range = true;
  friend bool operator==(const ScaledFormat&, const ScaledFormat&) = default;
};

/// Everything a conversion depends on.
struct FrameScaling {
  Size from;
  int pixel_format = AV_PIX_FMT_NONE;
  int color_space = AVCOL_SPC_UNSPECIFIED;
  bool full_range = false;
  Size to;
  ScaledFormat format;
  int flags = 0;  ///< of libswscale
  friend bool operator==(const FrameScaling&, const FrameScaling&) = default;
};

/// Whether black is 0 and white the largest number.
bool is_full_range(const AVFrame& frame);

/// A scaler of this thread, good until the thread asks for another one. Making one takes longer
/// than using it on a small frame, so the last few are kept.
/// @throws Error{unsupported} for pixels that cannot be converted.
SwsContext* frame_scaler(const FrameScaling& scaling);

}  // namespace ogam
