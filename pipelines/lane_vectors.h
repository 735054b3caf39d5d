#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "core/media/image.h"
#include "encoders/encoder.h"
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

/// Encodes 16 kHz sound in windows of 4.8 s, ten of YAMNet's patches, one vector each.
class SoundLane {
 public:
  SoundLane(std::shared_ptr<const AudioEncoder> encoder, std::vector<OutputSpace> spaces);

  void push(const std::vector<float>& samples);
  void finish();
  std::vector<TimedVector> take() { return std::move(vectors_); }

 private:
  void encode_pending();

  std::shared_ptr<const AudioEncoder> encoder_;
  std::vector<OutputSpace> spaces_;
  std::vector<float> pending_;
  std::int64_t samples_done_ = 0;
  std::vector<TimedVector> vectors_;
};

}  // namespace ogam
