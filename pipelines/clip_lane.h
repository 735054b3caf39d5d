#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "core/media/image.h"
#include "core/media/mono_resampler.h"
#include "encoders/encoder.h"
#include "pipelines/lane_vectors.h"
#include "pipelines/shots.h"

namespace ogam {

/// Encodes a video clip by clip while it is decoded: frames, and what is heard meanwhile where the
/// encoder listens. One vector for each clip that has a frame, its time the clip's middle. Frames
/// of another size than the clip's first are brought to that.
///
/// A clip ends where a shot does, or when it is as long as clips may be. It is encoded as soon as
/// its end is certain and its frames and sound have come, so that no more is kept than a clip and
/// what the shot detector is behind.
class ClipLane {
 public:
  struct Config {
    Time longest = 10 * kSecond;  ///< of clips
    bool by_shots = false;        ///< clips wait for `settle` to tell where shots end
    int sample_rate = 0;          ///< of the sound that is pushed
  };
  ClipLane(std::shared_ptr<const VideoEncoder> encoder, std::vector<OutputSpace> spaces,
           const Config& config);

  /// Frames in order of time, at the rate that the encoder's sampling wants.
  void push(Time time, std::shared_ptr<const Image> frame);
  /// Samples from time 0 on, without gaps.
  void push(const std::vector<float>& samples);
  /// What has become known of the cuts.
  void settle(const ShotProgress& shots);

  /// @param end of the video: of its last frame or sound.
  void finish(Time end);
  std::vector<TimedVector> take() { return std::move(vectors_); }

 private:
  struct Frame {
    Time time = 0;
    std::shared_ptr<const Image> image;
  };

  /// Where the clip at work ends; nothing while that is not certain.
  std::optional<Time> certain_end() const;
  bool has_come(Time end) const;
  void encode_what_is_ready();
  void encode(const TimeSpan& span);
  void hear(std::span<const float> samples);
  Time heard_until() const;
  std::vector<float> sound_of(const TimeSpan& span) const;
  void drop_sound_before(std::int64_t sample);

  std::shared_ptr<const VideoEncoder> encoder_;
  std::vector<OutputSpace> spaces_;
  Config config_;
  VideoSampling sampling_;
  std::optional<MonoResampler> resampler_;  // where the encoder listens
  Time start_ = 0;                          // of the clip at work
  Time settled_ = 0;                        // up to here every cut is known
  std::set<Time> cuts_;                     // behind `start_`
  std::deque<Frame> frames_;                // from `start_` on
  Time seen_until_ = -1;
  std::vector<float> sound_;       // at the encoder's rate
  std::int64_t first_sample_ = 0;  // of `sound_`, since time 0
  std::vector<TimedVector> vectors_;
};

}  // namespace ogam
