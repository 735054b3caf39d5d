#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/base/timed_text.h"
#include "core/media/reader.h"
#include "pipelines/indexing.h"
#include "pipelines/lane_vectors.h"
#include "pipelines/pack.h"
#include "pipelines/shots.h"
#include "pipelines/stage.h"

namespace ogam {

/// What the lanes found in one video or audio file.
struct MediaFindings {
  Time end = 0;                 ///< of the last frame or sound
  std::vector<TimeSpan> shots;  ///< empty unless shots were asked for and there is video
  std::vector<TimedVector> frames;
  std::vector<TimedVector> sounds;
  std::vector<TimedText> speech;
  std::vector<TimedText> screen;
};

/// Which lanes of the pack look at a file; null where one does not.
struct WantedLanes {
  const PackLane* visual = nullptr;
  const PackLane* sound = nullptr;
  const PackLane* speech = nullptr;  ///< null too when subtitles stand in for the speech
  const PackLane* text = nullptr;
  const TransNetV2* shots = nullptr;
};

/// The lanes at work on one file while it is decoded: whoever decodes hands over every frame and
/// chunk, and each lane works on its own thread behind a bounded queue.
class MediaLanes {
 public:
  MediaLanes(const Pack& pack, const WantedLanes& wanted, const IndexOptions& options,
             ThreadBudget& budget);
  /// Without `finish` before it, drops what the lanes have not looked at yet.
  ~MediaLanes() { group_.abandon(); }
  MediaLanes(const MediaLanes&) = delete;
  MediaLanes& operator=(const MediaLanes&) = delete;

  /// Of the sound that `take` expects: the highest rate that a lane listens at.
  int sample_rate() const { return sample_rate_; }

  /// The caller must not hold a slot of the budget; both wait while the lanes are behind.
  void take(const VideoFrame& frame);
  void take(AudioChunk chunk);

  /// Whether a lane has failed, so that reading on is of no use.
  bool failed() const { return group_.failed(); }

  /// Waits for every lane.
  /// @throws whatever the first failing lane threw.
  MediaFindings finish();

 private:
  struct SampledFrame {
    Time time = 0;
    std::shared_ptr<const Image> image;
  };
  using SharedChunk = std::shared_ptr<const AudioChunk>;

  void add_visual(const Pack& pack, const PackLane& lane);
  void add_screen_text();
  void add_sound(const Pack& pack, const PackLane& lane);
  void add_speech(const Pack& pack, const PackLane& lane, const IndexOptions& options);

  StageGroup group_;
  int sample_rate_;
  MediaFindings findings_;
  Time sample_interval_;
  Time next_sample_ = 0;
  std::optional<ShotDetector> detector_;
  std::vector<std::unique_ptr<Stage<SampledFrame>>> frame_stages_;
  std::vector<std::unique_ptr<Stage<SharedChunk>>> chunk_stages_;
};

}  // namespace ogam
