#pragma once

#include <cstdint>
#include <optional>

#include "core/media/reader.h"
#include "pipelines/editing/edit_plan.h"
#include "pipelines/editing/subject_path.h"

namespace ogam {

/// The pictures of a part of a clip, one for each frame of the new video and of its size: of a
/// file, or black with the clip's title.
class ClipPictures {
 public:
  struct Part {
    std::int64_t first = 0;  ///< of the clip's frames
    std::int64_t count = 0;
    const SubjectPath* subject = nullptr;  ///< for vertical videos
    int threads = 1;                       ///< of the decoder
  };
  /// The clip and the path must outlive this; nothing is opened before the first picture is taken.
  ClipPictures(const EditPlan& plan, const PlannedClip& clip, const Part& part);

  /// The next picture. Where the file ends early, its last one again.
  /// @throws errors of reading, Error{unavailable} when letters of the title have no font.
  Picture next();

 private:
  void open();
  const Picture& card();
  void advance(Time time);
  Picture fit(const VideoFrame& frame, Time time) const;

  const EditPlan& plan_;
  const PlannedClip& clip_;
  Part part_;
  std::int64_t given_ = 0;
  std::optional<MediaReader> reader_;
  std::optional<VideoFrame> shown_;
  std::optional<VideoFrame> after_;
  std::optional<Picture> card_;
};

}  // namespace ogam
