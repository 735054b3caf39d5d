#pragma once

#include <string>
#include <vector>

#include "core/base/time.h"

namespace ogam {

/// A word with the time at which it is spoken.
struct TimedWord {
  TimeSpan span;
  std::string text;       ///< as written, without surrounding space
  float probability = 1;  ///< of the recogniser, 0 to 1
};

/// Text that belongs to a span of time: a spoken utterance, a subtitle, a line seen on screen.
struct TimedText {
  TimeSpan span;
  std::string text;
  std::vector<TimedWord> words;  ///< may be empty
  std::string language;          ///< ISO 639-1, may be empty
};

}  // namespace ogam
