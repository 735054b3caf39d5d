#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/cancellation.h"
#include "core/base/progress.h"
#include "pipelines/editing/edit.h"
#include "pipelines/editing/edit_plan.h"

namespace ogam {

enum class SubtitleMode {
  none,
  soft,   ///< a stream of its own, which players show or not
  burnt,  ///< drawn into the pictures
};

struct RenderOptions {
  std::filesystem::path out;  ///< MP4
  SubtitleMode subtitles = SubtitleMode::none;
  int threads = 1;
  CancellationToken cancel = {};
  ProgressCallback on_progress = {};
};

/// What an edit became.
struct RenderedEdit {
  EditPlan plan;
  std::int64_t copied = 0;           ///< pictures taken over as they were stored
  std::int64_t encoded = 0;          ///< pictures coded anew
  std::vector<TimedText> subtitles;  ///< by the new video's time
};

/// Makes a video of an edit. Pictures that nothing changes are taken over without loss, from
/// keyframe to keyframe, where all clips are coded alike; the rest is decoded and coded again. What
/// it was made of is written into its metadata.
///
/// @throws Error{invalid_argument} when the output is one of the files that are read, errors of
///     reading and writing, Error{unavailable} when letters have no font, Cancelled. Nothing is
///     left then.
RenderedEdit render_edit(const Edit& edit, const RenderOptions& options);

}  // namespace ogam
