#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string>
#include <vector>

#include "core/media/image.h"

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
};

/// Turns texts into vectors.
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;
  virtual std::vector<EncoderOutputInfo> outputs() const = 0;
  /// One row per text, in every output; a text's row does not depend on its batch.
  virtual std::vector<EncoderOutput> encode(std::span<const std::string> texts) const = 0;
};

/// Turns pictures into vectors. Resizing and cropping is the encoder's own affair.
class ImageEncoder {
 public:
  virtual ~ImageEncoder() = default;
  virtual std::vector<EncoderOutputInfo> outputs() const = 0;
  virtual std::vector<EncoderOutput> encode(std::span<const Image> images) const = 0;
};

/// Turns 16 kHz mono sound into vectors.
class AudioEncoder {
 public:
  virtual ~AudioEncoder() = default;
  virtual std::vector<EncoderOutputInfo> outputs() const = 0;
  /// One row per clip; clips may differ in length, an empty one is an error.
  virtual std::vector<EncoderOutput> encode(std::span<const std::vector<float>> clips) const = 0;
};

}  // namespace ogam
