#include "pipelines/editing/timeline.h"

#include "core/base/files.h"

namespace ogam {

namespace {

Json rational(Time time) {
  return {
      {"OTIO_SCHEMA", "RationalTime.1"}, {"rate", 1000.0}, {"value", to_seconds(time) * 1000.0}};
}

Json range(const TimeSpan& span) {
  return {{"OTIO_SCHEMA", "TimeRange.1"},
          {"start_time", rational(span.start)},
          {"duration", rational(span.duration())}};
}

Json reference(const TimelineClip& clip) {
  return {{"OTIO_SCHEMA", "ExternalReference.1"},
          {"target_url", display_path(std::filesystem::absolute(clip.path))}};
}

}  // namespace

std::string write_timeline(const std::string& title, const std::vector<TimelineClip>& clips) {
  Json children = Json::array();
  for (std::size_t i = 0; i < clips.size(); ++i) {
    const TimelineClip& clip = clips[i];
    // Over a transition both clips go on beyond where they meet, half of it each.
    const Time before = clip.fade / 2;
    const Time after = i + 1 < clips.size() ? clips[i + 1].fade - clips[i + 1].fade / 2 : 0;
    const TimeSpan span = {clip.span.start + before, clip.span.end - after};
    if (clip.fade > 0) {
      children.push_back({{"OTIO_SCHEMA", "Transition.1"},
                          {"name", "cross-fade"},
                          {"transition_type", "SMPTE_Dissolve"},
                          {"in_offset", rational(clip.fade - before)},
                          {"out_offset", rational(before)},
                          {"metadata", Json::object()}});
    }
    if (clip.path.empty()) {
      children.push_back({{"OTIO_SCHEMA", "Gap.1"},
                          {"name", clip.name},
                          {"source_range", range(span)},
                          {"metadata", {{"ogam", clip.metadata}}}});
    } else {
      children.push_back({{"OTIO_SCHEMA", "Clip.1"},
                          {"name", display_path(clip.path.filename())},
                          {"source_range", range(span)},
                          {"media_reference", reference(clip)},
                          {"metadata", {{"ogam", clip.metadata}}}});
    }
  }
  const Json track = {
      {"OTIO_SCHEMA", "Track.1"}, {"name", "moments"}, {"kind", "Video"}, {"children", children}};
  const Json timeline = {
      {"OTIO_SCHEMA", "Timeline.1"},
      {"name", title},
      {"tracks", {{"OTIO_SCHEMA", "Stack.1"}, {"children", Json::array({track})}}}};
  return dump_json(timeline, 2) + "\n";
}

}  // namespace ogam
