#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <filesystem>
#include <future>
#include <optional>
#include <vector>

#include "core/base/cancellation.h"
#include "core/base/progress.h"
#include "core/base/thread_budget.h"
#include "core/base/time.h"
#include "core/media/image.h"
#include "core/media/reader.h"
#include "encoders/video/transnet_v2.h"

namespace ogam {

/// Where a video's shots begin and end.
struct ShotList {
  std::vector<TimeSpan>
      shots;  ///< one after the other, without gaps, from the first frame to the end of the last
  std::vector<TimeSpan> transitions;  ///< between two shots each: [first frame, frame after the
                                      ///< last); one frame for a cut
  std::vector<Time> frame_times;      ///< [T]
  std::vector<float> probabilities;   ///< [T], that the frame is in a transition
  ReadReport report = {};             ///< of a file: what was damaged or missing in it
};

/// Cuts a video where frames are in transition: each run of probabilities above `threshold`, unless
/// it begins or ends the video, is one transition. The shots meet in its middle; at a cut, after
/// its one frame.
///
/// @param frame_times ascending.
/// @param probabilities one for each frame.
/// The last shot ends as long after the last frame as frames usually are apart (their median).
/// @throws Error{invalid_argument} unless there is a probability for each time and the times
/// ascend.
ShotList cut_into_shots(std::vector<Time> frame_times, std::vector<float> probabilities,
                        double threshold);

/// Finds transitions in frames' probabilities as they come: runs that are in transition, but for
/// those that begin or end the video.
class TransitionFinder {
 public:
  /// Frames [first, after) are in transition.
  struct Transition {
    std::size_t first = 0;
    std::size_t after = 0;
    /// The frame with which the next shot begins.
    std::size_t cut() const { return first + (after - first + 1) / 2; }
  };

  /// Tells of the next frame whether it is in transition.
  /// @return the transition that ended before it, if one did.
  std::optional<Transition> push(bool in_transition);

  /// No cut is still to come at this frame or one before; nothing when none was pushed.
  std::optional<std::size_t> settled() const;

 private:
  std::size_t frames_ = 0;
  std::optional<std::size_t> run_;  // the first frame of the run that goes on
};

/// What is known of a video's cuts before its end.
struct ShotProgress {
  std::vector<Time> cuts =
      {};          ///< that were not told before: where shots begin, but for the first one
  Time until = 0;  ///< up to and with this time no other cut will come
};

/// Finds shots in a video's frames as they come.
///
/// Frames are seen in overlapping windows; each window is computed by a task of its own while it
/// holds a slot of the thread budget; as many are under way as the budget has slots, at most eight.
/// Memory does not grow with the video, but for a time and a probability for each frame.
class ShotDetector {
 public:
  /// `model` and `budget` must outlive the detector.
  ShotDetector(const TransNetV2& model, ThreadBudget& budget);

  /// What `push` wants: the whole frame squeezed into this, aspect not kept, by
  /// Interpolation::bicubic.
  Size frame_size() const;

  /// Adds the next frame. May wait for windows to be computed, so the caller must not hold a slot.
  /// @throws Error{invalid_argument} for a frame of another size or earlier than the one before.
  void push(Time time, const Image& frame);

  /// What has become certain since the last call. Waits for nothing.
  ShotProgress poll();

  /// Waits for the last windows. No frames, no shots. The detector is then empty again.
  ShotList finish();

 private:
  void append(const std::uint8_t* pixels);
  void start_window();
  void collect_window();

  const TransNetV2& model_;
  ThreadBudget& budget_;
  std::size_t frame_bytes_;
  std::size_t margin_;                 // frames of a window before and after those that are kept
  std::vector<std::uint8_t> pending_;  // frames of windows to come, padding included
  std::deque<std::future<at::Tensor>> windows_;  // under way, in order
  std::vector<Time> times_;
  std::vector<float> probabilities_;
  TransitionFinder finder_;
  std::size_t polled_ = 0;  // probabilities that the finder has seen
};

/// Finds the shots of a video file, reading and computing at the same time.
///
/// @param cancel checked at every frame.
/// @param on_progress may be empty.
/// @throws Error{unsupported} when the file has no video, what MediaReader throws, Cancelled.
ShotList detect_shots(const std::filesystem::path& path, const TransNetV2& model,
                      ThreadBudget& budget, const CancellationToken& cancel = {},
                      const ProgressCallback& on_progress = {}, const MediaLimits& limits = {});

}  // namespace ogam
