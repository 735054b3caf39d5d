#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/time.h"

namespace ogam {

/// A clip of a timeline.
struct TimelineClip {
  std::filesystem::path path = {};  ///< empty: a gap, for what is in no file
  std::string name = {};            ///< of a gap
  TimeSpan span = {};
  Time fade = 0;  ///< how long the clip before goes over into this one
  Json metadata = Json::object();
};

/// An OpenTimelineIO document of one track of clips, one after another.
std::string write_timeline(const std::string& title, const std::vector<TimelineClip>& clips);

}  // namespace ogam
