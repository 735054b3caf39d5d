#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/media/picture.h"

namespace ogam {

/// A text that is drawn into the pictures of a video for a while.
struct OverlayText {
  enum class Place {
    bottom,  ///< a subtitle: white with a dark outline
    middle,  ///< a title: larger, in the middle
  };
  TimeSpan span;
  std::string text;  ///< UTF-8; '\n' parts lines, longer ones are broken
  Place place = Place::bottom;
};

/// Draws texts with the machine's fonts, in any script that these have.
class TextOverlay {
 public:
  /// @param size of the pictures.
  /// @throws Error{unavailable} as `require_fonts` does.
  TextOverlay(Size size, const std::vector<OverlayText>& texts);
  ~TextOverlay();
  TextOverlay(TextOverlay&&) noexcept;
  TextOverlay& operator=(TextOverlay&&) noexcept;

  /// Draws what is shown at a time.
  void draw(Picture& picture, Time time);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ogam
