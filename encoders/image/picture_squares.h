#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/media/image.h"
#include "core/media/resample.h"

namespace ogam {

// How models that see squares of one size look closely at pictures of any shape ("anyres"): the
// picture is enlarged and cut up. Equal to transformers' `LlavaOnevisionImageProcessor`.

/// Of `sizes` the one in which most of a picture's pixels are kept, and least is left empty.
/// @throws Error{invalid_argument} for an empty picture, or no sizes.
Size best_size(Size from, std::span<const Size> sizes);

/// The picture in the middle of `size` on black, as large as fits, cut into squares row by row.
/// @param size multiples of `side`.
std::vector<Image> cut_squares(const Image& image, Size size, int side, ResampleFilter filter);

/// The picture in the middle of a square of one colour.
Image pad_to_square(const Image& image, const std::array<std::uint8_t, 3>& colour);

}  // namespace ogam
