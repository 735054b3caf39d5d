#pragma once

#include "core/media/ffmpeg_support.h"
#include "core/media/orientation.h"
#include "core/media/reader.h"

namespace ogam {

/// What a VideoFrame shares: the decoded planes, which no one writes to any more.
struct VideoFrame::State {
  ffmpeg::Frame frame;
  Time time = 0;
  bool keyframe = false;
  Orientation orientation;
};

}  // namespace ogam
