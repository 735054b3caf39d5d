#pragma once

#include <vector>

#include "core/media/image.h"

namespace ogam {

/// A line of writing in a picture.
struct TextLine {
  int left = 0;  ///< of the rectangle around the strokes, in pixels of the picture
  int top = 0;
  Size size;
  bool light = false;  ///< whether the strokes are lighter than what they stand on
  float score = 0;     ///< how much it looks like writing, 0 to 1
};

struct TextLineOptions {
  int max_lines = 120;  ///< the best ones are kept
  float min_score = 0.5F;
};

/// Finds lines of writing between 8 and 200 pixels high (of 1080), of any script, light or dark, on
/// plain grounds and over pictures.
///
/// Strokes are what is thinner than its surroundings are wide: a top-hat transform on each level of
/// a pyramid leaves them, and runs of strokes of one height, one brightness and a written rhythm
/// make a line. A picture without such runs costs a few milliseconds and gives an empty list.
///
/// @return lines from top to bottom, then left to right; they do not overlap.
/// @throws Error{invalid_argument} when the pixels do not fit the size.
std::vector<TextLine> find_text_lines(const Image& image, const TextLineOptions& options = {});

}  // namespace ogam
