#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/time.h"
#include "core/base/timed_text.h"

namespace ogam {

/// A part of an edit: a span of a file, or a card with a title.
struct EditClip {
  std::filesystem::path path = {};  ///< empty: a card
  TimeSpan span = {};               ///< of the file; of a card from 0 to how long it stands
  Time cross_fade = 0;       ///< into the next clip, which begins that much earlier; 0: a cut
  std::string title = {};    ///< of a card, or of a file without pictures
  std::string caption = {};  ///< a subtitle for the whole clip, in place of the speech
  std::string asset = {};    ///< its id in an archive; may be empty
  std::vector<TimedText> speech = {};  ///< what is said, by the file's time
};

/// A video to be made: clips one after another.
struct Edit {
  std::vector<EditClip> clips = {};
  bool vertical = false;  ///< 9:16, cut out around what moves; else as the first clip is
};

constexpr Time kCardDuration = 3 * kSecond;  ///< of a card that does not say how long it stands

/// Reads an edit from JSON; docs/video_editing.md describes it. Paths that are not absolute start
/// at the folder of the file.
/// @throws Error{corrupt_data, invalid_argument} naming what is wrong in it, Error{not_found}.
Edit read_edit(const std::filesystem::path& path);

}  // namespace ogam
