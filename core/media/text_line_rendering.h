#pragma once

#include <cstdint>
#include <vector>

#include "core/media/text_lines.h"

namespace ogam {

/// A grey picture, 8 bits: pixels[y * width + x].
struct GrayImage {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;
};

/// How the strokes of a line are brought out.
enum class LineRendering {
  gray,      ///< brightness, stretched and turned dark on light
  strokes,   ///< the strokes alone, dark on white; what lies behind them is gone
  outlined,  ///< the same for strokes with an outline, over a ground of the strokes' own colour
};

/// The line as a recogniser likes it: dark strokes on a light ground, the line `line_height` pixels
/// high, with a margin on each side.
/// @throws Error{invalid_argument} when the line does not lie in the picture.
GrayImage render_text_line(const Image& image, const TextLine& line, int line_height,
                           LineRendering rendering);

/// A small picture of a line's strokes, to tell whether the same words are still shown.
class TextLineSignature {
 public:
  TextLineSignature(const Image& image, const TextLine& line);

  /// 1 for the same strokes: the cosine of the two pictures where, letter by letter, they are
  /// least alike.
  float similarity(const TextLineSignature& other) const;

 private:
  static constexpr int kColumns = 240;
  static constexpr int kRows = 16;

  float aspect_ = 1;        // width / height of the line
  std::vector<float> ink_;  // [kColumns, kRows], 0 to 1
};

}  // namespace ogam
