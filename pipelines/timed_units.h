#pragma once

#include <string>
#include <vector>

#include "core/base/timed_text.h"

namespace ogam {

/// A word of an utterance as it stands in the text, punctuation included.
struct TimedUnit {
  std::string text;
  TimeSpan span;
  bool spaced = true;  ///< a space parts it from the one before
};

/// The words of an utterance with the times of its recognised words; where it has none, or they do
/// not make up its text, the words share the utterance's time by their width.
std::vector<TimedUnit> timed_units(const TimedText& utterance);

}  // namespace ogam
