#include "pipelines/editing/edit_plan.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"

namespace ogam {

namespace {

constexpr Size kSizeWithoutPictures = {1280, 720};

int even(std::int64_t side) { return static_cast<int>(std::max<std::int64_t>(side / 2 * 2, 2)); }

/// The largest part of a picture that is 9 wide and 16 high.
Size vertical_part(Size size) {
  constexpr std::int64_t kWide = 9;
  constexpr std::int64_t kHigh = 16;
  if (size.width * kHigh > size.height * kWide) {
    // Rounded up to an even number: 1080 lines are 608 wide.
    return {even((size.height * kWide + kHigh - 1) / kHigh + 1), even(size.height)};
  }
  return {even(size.width), even(size.width * kHigh / kWide)};
}

/// Checks a clip against its file.
void fit_span(EditClip& clip, const MediaInfo& info) {
  const std::string name = display_path(clip.path);
  require(clip.span.start < clip.span.end, ErrorCode::invalid_argument,
          "the clip of {} ends before it starts ({:.3f} s to {:.3f} s)", name,
          to_seconds(clip.span.start), to_seconds(clip.span.end));
  if (info.duration > 0) {
    require(clip.span.start < info.duration, ErrorCode::invalid_argument,
            "the clip of {} starts at {:.3f} s, but the file ends at {:.3f} s", name,
            to_seconds(clip.span.start), to_seconds(info.duration));
    clip.span.end = std::min(clip.span.end, info.duration);
  }
}

/// The time nearest to `time` at which a frame begins, if it is within `tolerance`.
Time nearest_frame(const std::vector<Time>& times, Time time, Time tolerance) {
  const auto after = std::ranges::lower_bound(times, time);
  Time best = time;
  Time distance = tolerance + 1;
  for (const auto at : {after, after == times.begin() ? after : after - 1}) {
    if (at != times.end() && std::abs(*at - time) < distance) {
      best = *at;
      distance = std::abs(*at - time);
    }
  }
  return best;
}

/// Whether the file's frames between two times are those of the new video, one by one.
bool same_frames(const std::vector<Time>& times, const PlannedClip& clip, const FrameRate& rate) {
  const auto first = std::ranges::lower_bound(times, clip.source.span.start);
  if (times.end() - first < clip.count) {
    return false;
  }
  const Time tolerance = rate.time_of(1) / 4;
  for (std::int64_t i = 0; i < clip.count; ++i) {
    if (std::abs(*(first + i) - clip.source.span.start - rate.time_of(i)) > tolerance) {
      return false;
    }
  }
  const auto after = first + clip.count;
  return after == times.end() ||
         *after > clip.source.span.start + rate.time_of(clip.count) - tolerance;
}

/// Finds the longest row of stored pictures that can be taken over.
/// @return how many of them may be decoded before one is shown.
int choose_row(PlannedClip& clip, const FrameRate& rate) {
  const std::vector<CodedFrame>& frames = clip.coded->frames();
  const Time tolerance = rate.time_of(1) / 4;
  const auto number = [&](Time time) { return rate.frames_in(time - clip.source.span.start); };
  const std::int64_t from = clip.fade_in;
  const std::int64_t to = clip.count - clip.fade_out;
  const auto begins = [&](const CodedFrame& frame) {
    return frame.entry && frame.time > clip.source.span.start - tolerance &&
           number(frame.time) >= from;
  };
  const auto first = std::ranges::find_if(frames, begins);
  auto last = first;  // where a row may end: before another entry, or with the last frame
  std::int64_t latest = from - 1;
  for (auto frame = first; frame != frames.end(); ++frame) {
    if (frame->entry && number(frame->time) <= to && latest < to) {
      last = frame;
    }
    latest = std::max(latest, number(frame->time));
  }
  if (latest < to) {
    last = frames.end();
  }
  if (first == frames.end() || last <= first) {
    return 0;
  }
  clip.packet_first = static_cast<std::size_t>(first - frames.begin());
  clip.packet_last = static_cast<std::size_t>(last - frames.begin());
  clip.copy_first = number(first->time);
  clip.copy_last = clip.copy_first + (last - first);
  std::int64_t ahead = 0;
  for (auto frame = first; frame != last; ++frame) {
    ahead = std::max(ahead, frame - first - (number(frame->time) - clip.copy_first));
  }
  return static_cast<int>(ahead);
}

/// Why a clip's pictures cannot be taken over into a video of this plan; empty when they can.
std::string find_obstacle(const PlannedClip& clip, const EditPlan& plan) {
  if (!clip.coded->format()) {
    return clip.coded->obstacle();
  }
  if (clip.coded->format()->size != plan.size) {
    return "its size is another";
  }
  if (plan.taken_over && *plan.taken_over != *clip.coded->format()) {
    return "it is coded otherwise than the clips before";
  }
  return same_frames(clip.coded->shown_times(), clip, plan.rate)
             ? ""
             : "its frames come at other times than the new video's";
}

void choose_rows(EditPlan& plan) {
  for (PlannedClip& clip : plan.clips) {
    if (!clip.coded) {
      continue;
    }
    const std::string obstacle = find_obstacle(clip, plan);
    if (!obstacle.empty()) {
      plan.notes.push_back(
          fmt::format("{} is coded again: {}", display_path(clip.source.path), obstacle));
      continue;
    }
    const int delay = choose_row(clip, plan.rate);
    if (clip.copy_first < clip.copy_last) {
      plan.taken_over = clip.coded->format();
      plan.matrix = plan.taken_over->matrix;
      plan.delay = std::max(plan.delay, delay);
    }
  }
}

/// Looks into a clip's file: its form, and where its frames begin.
PlannedClip look_into(const EditClip& source, EditPlan& plan, double& fps) {
  PlannedClip clip{.source = source};
  if (source.path.empty()) {
    return clip;
  }
  const MediaInfo info = probe_media(source.path);
  fit_span(clip.source, info);
  clip.sound = info.audio.has_value();
  plan.sound = plan.sound || clip.sound;
  if (!info.video) {
    if (clip.source.title.empty()) {
      clip.source.title = display_path(source.path.filename());
    }
    return clip;
  }
  clip.shown = info.video->shown;
  fps = std::max(fps, info.video->average_fps);
  if (plan.size == Size{}) {
    plan.size = {even(clip.shown.width), even(clip.shown.height)};
  }
  constexpr Time kMargin = kSecond / 2;  // the first frame after the span is wanted, too
  clip.coded.emplace(source.path, TimeSpan{clip.source.span.start, clip.source.span.end + kMargin});
  return clip;
}

/// Settles with which frame a clip starts and how many it has.
void count_frames(PlannedClip& clip, const FrameRate& rate) {
  const std::vector<Time> times = clip.coded ? clip.coded->shown_times() : std::vector<Time>();
  if (!times.empty()) {
    const Time half = rate.time_of(1) / 2;
    TimeSpan& span = clip.source.span;
    span.start = std::max<Time>(nearest_frame(times, span.start, half), 0);
    span.end = nearest_frame(times, span.end, half);
    // Sound often ends a little after the last picture.
    constexpr Time kTail = kSecond / 10;
    const Time last = times.back() + rate.time_of(1);
    if (span.end > last && span.end <= last + kTail) {
      span.end = last;
    }
  }
  clip.count = std::max<std::int64_t>(rate.frames_in(clip.source.span.duration()), 1);
  clip.source.span.end = clip.source.span.start + rate.time_of(clip.count);
}

}  // namespace

EditPlan plan_edit(const Edit& edit, bool redraw) {
  require(!edit.clips.empty(), ErrorCode::invalid_argument, "an edit needs a clip at least");
  EditPlan plan{.vertical = edit.vertical};
  double fps = 0;
  for (const EditClip& source : edit.clips) {
    plan.clips.push_back(look_into(source, plan, fps));
  }
  plan.rate = usual_rate(fps);
  if (plan.size == Size{}) {
    plan.size = kSizeWithoutPictures;
  }
  if (plan.vertical) {
    plan.size = vertical_part(plan.size);
  }
  plan.matrix = usual_matrix(plan.size);
  for (PlannedClip& clip : plan.clips) {
    count_frames(clip, plan.rate);
  }
  for (std::size_t i = 0; i < plan.clips.size(); ++i) {
    PlannedClip& clip = plan.clips[i];
    clip.first = plan.frames;
    if (i + 1 < plan.clips.size()) {
      PlannedClip& next = plan.clips[i + 1];
      // Two fades of one clip do not meet.
      clip.fade_out =
          std::min({plan.rate.frames_in(clip.source.cross_fade), clip.count / 2, next.count / 2});
      next.fade_in = clip.fade_out;
    }
    plan.frames += clip.count - clip.fade_out;
  }
  if (redraw || plan.vertical) {
    plan.notes.emplace_back("every picture is coded again, because it is changed");
  } else {
    choose_rows(plan);
  }
  return plan;
}

}  // namespace ogam
