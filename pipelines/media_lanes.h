#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "core/base/timed_text.h"
#include "core/media/reader.h"
#include "pipelines/indexing.h"
#include "pipelines/lane_encoders.h"
#include "pipelines/lane_vectors.h"
#include "pipelines/pack.h"
#include "pipelines/shots.h"
#include "pipelines/stage.h"

namespace ogam {

/// What the lanes found in one video or audio file.
struct MediaFindings {
  Time end = 0;                 ///< of the last frame or sound
  std::vector<TimeSpan> shots;  ///< empty unless shots were asked for and there is video
  std::vector<TimedVector> vectors;
  std::vector<TimedText> speech;
  std::vector<TimedText> screen;
};

/// Which lanes of the pack look at a file; null where one does not.
struct WantedLanes {
  const PackLane* visual = nullptr;
  const PackLane* sound = nullptr;
  const PackLane* speech = nullptr;  ///< null too when subtitles stand in for the speech
  const PackLane* text = nullptr;
  const PackLane* fused = nullptr;  ///< null too when it is made of other lanes' vectors
  const TransNetV2* shots = nullptr;
  bool has_pictures = true;  ///< the file is a video
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

  /// Whether any lane wants frames, or sound.
  bool looks() const { return detector_.has_value() || !frame_taps_.empty(); }
  bool listens() const { return !chunk_stages_.empty() || clips_listen_; }

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
  using ClipItem = std::variant<SampledFrame, SharedChunk, ShotProgress>;

  /// A lane that takes frames, each a while after the one before.
  struct FrameTap {
    Time interval = 0;
    std::function<void(const SampledFrame&)> push;
    Time next = 0;
  };

  /// A lane that an encoder of media makes, and what it finds.
  struct MediaLane {
    const PackLane* lane = nullptr;
    EncoderKind kind = EncoderKind::image;
    std::vector<OutputSpace> spaces = {};
    std::vector<TimedVector> vectors = {};
  };

  static std::list<MediaLane> media_lanes(const Pack& pack, const WantedLanes& wanted);
  static int highest_rate(const Pack& pack, const std::list<MediaLane>& lanes);

  void add_frame_stage(Time interval, Stage<SampledFrame>::Work work);
  void add_frames(std::shared_ptr<const ImageEncoder> encoder, MediaLane& lane, Time interval);
  void add_sounds(std::shared_ptr<const AudioEncoder> encoder, MediaLane& lane);
  void add_clips(std::shared_ptr<const VideoEncoder> encoder, MediaLane& lane, Time longest);
  void add_screen_text(Time interval);
  void add_speech(const Pack& pack, const PackLane& lane, const IndexOptions& options);
  void tell_shots(const ShotProgress& progress);

  StageGroup group_;
  std::list<MediaLane> media_lanes_;
  int sample_rate_;
  MediaFindings findings_;
  std::optional<ShotDetector> detector_;
  Time shots_told_until_ = 0;
  bool clips_listen_ = false;
  std::vector<FrameTap> frame_taps_;
  // Last, so that they end before what they work on.
  std::vector<std::unique_ptr<Stage<SampledFrame>>> frame_stages_;
  std::vector<std::unique_ptr<Stage<SharedChunk>>> chunk_stages_;
  std::vector<std::unique_ptr<Stage<ClipItem>>> clip_stages_;
};

}  // namespace ogam
