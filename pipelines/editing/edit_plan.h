#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/media/coded_video.h"
#include "core/media/frame_rate.h"
#include "core/media/picture.h"
#include "core/media/reader.h"
#include "pipelines/editing/edit.h"

namespace ogam {

/// A clip whose place in the new video is known, in frames.
struct PlannedClip {
  EditClip source;  ///< its span as it is: from where a frame begins
  Size shown = {};  ///< of the file's pictures; {0, 0} when it has none
  bool sound = false;
  std::int64_t first = 0;     ///< number of its first frame in the new video
  std::int64_t count = 0;     ///< frames
  std::int64_t fade_in = 0;   ///< frames over which it comes out of the clip before
  std::int64_t fade_out = 0;  ///< frames over which it goes into the next one

  /// Frames [copy_first, copy_last) of the clip are taken over as they are stored: pictures
  /// [packet_first, packet_last) of `coded`. None when they are equal.
  std::int64_t copy_first = 0;
  std::int64_t copy_last = 0;
  std::size_t packet_first = 0;
  std::size_t packet_last = 0;
  std::optional<CodedVideo> coded = {};

  /// When frame `number` of the clip is in the middle of being shown, by the file's time: there a
  /// rounded time does not matter.
  Time time_of(std::int64_t number, const FrameRate& rate) const {
    return source.span.start + (rate.time_of(number) + rate.time_of(number + 1)) / 2;
  }
};

/// How an edit becomes a video.
struct EditPlan {
  Size size = {};
  FrameRate rate = {};
  ColorMatrix matrix = ColorMatrix::bt709;
  bool vertical = false;
  bool sound = false;  ///< of any clip
  std::vector<PlannedClip> clips = {};
  std::int64_t frames = 0;

  std::optional<CodedFormat> taken_over = {};  ///< when pictures are
  int delay = 0;                               ///< see WriterOptions
  std::vector<std::string> notes = {};         ///< why pictures are not taken over, and the like

  Time duration() const { return rate.time_of(frames); }
};

/// Plans an edit: looks into its files, finds the frames with which clips begin and end, and
/// decides which pictures can be taken over without coding them again.
///
/// Note: [Frame-exact cuts]
/// A clip begins with the frame whose beginning is nearest to the span's start and ends before the
/// frame whose beginning is nearest to its end. Where the file has no frame within half a frame of
/// the new video's rate, as with a variable rate, the span stays as it is. Frame k of the new clip
/// is the file's frame that is shown in the middle of it.
///
/// @param redraw every picture is drawn into, so that none can be taken over.
/// @throws Error{invalid_argument} when a span lies behind the end of its file, errors of reading.
EditPlan plan_edit(const Edit& edit, bool redraw);

}  // namespace ogam
