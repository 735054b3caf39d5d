#pragma once

#include "core/media/image.h"

namespace ogam {

/// Pillow's filters, in the order of the codes that preprocessor configurations write as
/// `resample`. All but `nearest` widen with the scale when a picture shrinks (antialias).
enum class ResampleFilter { nearest, lanczos, bilinear, bicubic, box, hamming };

/// In whose fixed-point arithmetic the filters are applied. The two differ by a level in about one
/// sample of a hundred, and in the order of the passes.
enum class ResampleArithmetic {
  /// Pillow 13's `Image.resize`: weights of 22 bits.
  pillow,
  /// torchvision's `resize(uint8, antialias=True)` on the CPU: weights of 15 bits. `nearest` is its
  /// `nearest-exact`. It has no lanczos, box and hamming; they are taken from Pillow.
  torchvision,
};

struct ResampleOptions {
  ResampleFilter filter = ResampleFilter::bicubic;
  ResampleArithmetic arithmetic = ResampleArithmetic::torchvision;
};

/// Resizes as neural networks' reference pipelines do, equal to them bit for bit: one pass along
/// each side that changes, rounded to 8 bits after each.
///
/// @throws Error{invalid_argument} when a side is not positive or the pixels do not fit the size.
Image resample(const Image& image, Size size, const ResampleOptions& options);

}  // namespace ogam
