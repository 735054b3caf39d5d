#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "core/media/image.h"
#include "core/media/mono_resampler.h"
#include "encoders/encoder.h"
#include "pipelines/lane_encoders.h"
#include "pipelines/pack.h"

namespace ogam {

/// A vector of one space and the time it belongs to.
struct TimedVector {
  std::string space;  ///< Space::id
  Time time = 0;
  std::vector<float> values;
};

/// Which output of an encoder becomes which space.
struct OutputSpace {
  std::string output;
  std::string space;
};

/// The outputs of a lane's encoder that the pack keeps.
std::vector<OutputSpace> output_spaces(const Pack& pack, const PackLane& lane);

/// Which encoder of its model makes a lane of pictures, sounds or clips.
/// @throws Error{unavailable} when the model has none for it.
EncoderKind required_lane_encoder(const Pack& pack, const PackLane& lane);

/// What a lane sees of a picture; nothing where pictures have no way into it.
std::vector<TimedVector> picture_vectors(const Pack& pack, const PackLane& lane,
                                         const Image& image);

/// The rows of the kept outputs, row i under `times[i]`.
/// @throws Error{corrupt_data} when the encoder lacks an output that the pack names.
std::vector<TimedVector> timed_vectors(const std::vector<EncoderOutput>& outputs,
                                       const std::vector<OutputSpace>& spaces,
                                       const std::vector<Time>& times);

/// Encodes frames in batches.
class FrameLane {
 public:
  FrameLane(std::shared_ptr<const ImageEncoder> encoder, std::vector<OutputSpace> spaces);

  void push(Time time, const Image& image);
  void finish();
  std::vector<TimedVector> take() { return std::move(vectors_); }

 private:
  std::shared_ptr<const ImageEncoder> encoder_;
  std::vector<OutputSpace> spaces_;
  std::vector<Time> times_;
  std::vector<Image> images_;
  std::vector<TimedVector> vectors_;
};

/// Encodes mono sound in the windows that suit the encoder, one vector each.
class SoundLane {
 public:
  /// @param sample_rate of what is pushed.
  SoundLane(std::shared_ptr<const AudioEncoder> encoder, std::vector<OutputSpace> spaces,
            int sample_rate);

  void push(const std::vector<float>& samples);
  void finish();
  std::vector<TimedVector> take() { return std::move(vectors_); }

 private:
  void add(std::span<const float> samples);
  void encode_pending();

  std::shared_ptr<const AudioEncoder> encoder_;
  std::vector<OutputSpace> spaces_;
  MonoResampler resampler_;
  std::int64_t window_;  // samples at the encoder's rate
  std::vector<float> pending_;
  std::int64_t samples_done_ = 0;
  std::vector<TimedVector> vectors_;
};

}  // namespace ogam
