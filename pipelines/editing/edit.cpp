#include "pipelines/editing/edit.h"

#include <algorithm>
#include <string_view>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"

namespace ogam {

namespace {

/// Most of what a person would write; an edit is held in memory with all its readers' plans.
constexpr std::size_t kMaxClips = 10'000;

void refuse_others(const Json& object, const std::vector<std::string_view>& names,
                   const std::string& origin) {
  require(object.is_object(), ErrorCode::corrupt_data, "{}: an object was expected, with {}",
          origin, fmt::join(names, ", "));
  for (const auto& [name, value] : object.items()) {
    require(std::ranges::find(names, name) != names.end(), ErrorCode::invalid_argument,
            "{}: '{}' is not one of {}", origin, name, fmt::join(names, ", "));
  }
}

EditClip read_clip(const Json& object, const std::filesystem::path& folder,
                   const std::string& origin) {
  refuse_others(object, {"path", "start", "end", "duration", "cross_fade", "title", "caption"},
                origin);
  EditClip clip;
  const auto seconds = [&](const char* name, double fallback) {
    const double value = json_value_or<double>(object, name, origin, fallback);
    require(value >= 0, ErrorCode::invalid_argument, "{}: '{}' must not be negative", origin, name);
    return from_seconds(value);
  };
  const auto path = json_value_or<std::string>(object, "path", origin, "");
  clip.title = json_value_or<std::string>(object, "title", origin, "");
  clip.caption = json_value_or<std::string>(object, "caption", origin, "");
  clip.cross_fade = seconds("cross_fade", 0);
  if (path.empty()) {
    require(!clip.title.empty(), ErrorCode::invalid_argument,
            "{}: a clip needs a 'path', with 'start' and 'end', or a card's 'title'", origin);
    require(!object.contains("start") && !object.contains("end"), ErrorCode::invalid_argument,
            "{}: a card has a 'duration', no 'start' and 'end'", origin);
    clip.span = {0, seconds("duration", to_seconds(kCardDuration))};
  } else {
    require(!object.contains("duration"), ErrorCode::invalid_argument,
            "{}: a clip of a file has 'start' and 'end', no 'duration'", origin);
    clip.path = folder / path;
    json_value<double>(object, "start", origin);
    json_value<double>(object, "end", origin);
    clip.span = {seconds("start", 0), seconds("end", 0)};
  }
  require(clip.span.start < clip.span.end, ErrorCode::invalid_argument,
          "{}: it ends before it starts ({:.3f} s to {:.3f} s)", origin,
          to_seconds(clip.span.start), to_seconds(clip.span.end));
  return clip;
}

}  // namespace

Edit read_edit(const std::filesystem::path& path) {
  const std::string origin = display_path(path);
  const Json document = read_json_file(path);
  refuse_others(document, {"clips", "vertical"}, origin);
  Edit edit;
  edit.vertical = json_value_or<bool>(document, "vertical", origin, false);
  require(document.contains("clips") && document["clips"].is_array() && !document["clips"].empty(),
          ErrorCode::invalid_argument, "{}: 'clips' must be a list of clips, one at least", origin);
  require(document["clips"].size() <= kMaxClips, ErrorCode::resource_exhausted,
          "{} has {} clips; at most {} are put together", origin, document["clips"].size(),
          kMaxClips);
  for (const Json& object : document["clips"]) {
    edit.clips.push_back(read_clip(object, path.parent_path(),
                                   fmt::format("{}, clip {}", origin, edit.clips.size() + 1)));
  }
  return edit;
}

}  // namespace ogam
