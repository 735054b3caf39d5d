#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "core/media/image.h"
#include "core/nn/prompts.h"

namespace ogam {

/// One way in which an encoder describes its input, and the vectors of that kind.
/// An encoder names its outputs; a pack maps each to a space.
struct EncoderOutput {
  std::string name;    ///< "embedding", "posterior", "features"
  at::Tensor vectors;  ///< [N, D] float32, L2-normalised rows
};

/// What an encoder can give, known before anything is encoded.
struct EncoderOutputInfo {
  std::string name;
  int dimension = 0;
  int min_dimension = 0;  ///< to which a vector may be cut to its first values; 0: it may not be
};

/// Turns texts into vectors.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;
  virtual std::vector<EncoderOutputInfo> outputs() const = 0;

  /// One row per text, in every output; a text's row does not depend on its batch.
  /// @param prompt the name of what is written before each text: kQueryPrompt, kDocumentPrompt or
  ///     one of the model's own; empty for the model's default.
  /// @throws Error{invalid_argument} listing the model's prompts when it is none of them.
  virtual std::vector<EncoderOutput> encode(std::span<const std::string> texts,
                                            std::string_view prompt) const = 0;
};

/// Turns pictures into vectors. Resizing and cropping is the encoder's own affair.
class ImageEncoder {
 public:
  virtual ~ImageEncoder() = default;
  virtual std::vector<EncoderOutputInfo> outputs() const = 0;
  /// One row per picture; a picture's row does not depend on its batch.
  virtual std::vector<EncoderOutput> encode(std::span<const Image> images) const = 0;
};

/// Turns mono sound into vectors.
class AudioEncoder {
 public:
  virtual ~AudioEncoder() = default;
  virtual std::vector<EncoderOutputInfo> outputs() const = 0;
  /// Of the samples it takes.
  virtual int sample_rate() const = 0;
  /// How much of a longer sound is best described by one vector.
  virtual Time window() const = 0;
  /// One row per clip; clips may differ in length, an empty one is an error.
  virtual std::vector<EncoderOutput> encode(std::span<const std::vector<float>> clips) const = 0;
};

/// A span of video: frames in order of time, and what is heard meanwhile.
struct VideoClip {
  std::vector<Image> frames;
  std::vector<Time> times;   ///< of the frames, since the clip began
  std::vector<float> audio;  ///< mono, at VideoSampling::sample_rate; empty where there is none
};

/// Which frames and samples a video encoder wants of a clip.
struct VideoSampling {
  double fps = 1;
  int max_frames = 32;  ///< spread evenly over a clip that has more
  int sample_rate = 0;  ///< of the sound; 0 when it does not listen
};

/// Turns spans of video into vectors.
class VideoEncoder {
 public:
  virtual ~VideoEncoder() = default;
  virtual std::vector<EncoderOutputInfo> outputs() const = 0;
  virtual VideoSampling sampling() const = 0;
  /// One row per clip; a clip without frames is an error.
  virtual std::vector<EncoderOutput> encode(std::span<const VideoClip> clips) const = 0;
};

/// The encoders that one checkpoint holds; null where it has none for a modality. They share their
/// weights, and their outputs of the same name lie in one space.
struct Encoders {
  std::shared_ptr<const TextEncoder> text = {};
  std::shared_ptr<const ImageEncoder> image = {};
  std::shared_ptr<const AudioEncoder> audio = {};
  std::shared_ptr<const VideoEncoder> video = {};
};

}  // namespace ogam
