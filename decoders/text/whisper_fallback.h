#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "decoders/text/whisper_search.h"

namespace ogam {

/// A decoding of one window with what tells whether to believe it.
struct WhisperDecoding {
  WhisperSequence sequence;
  double compression = 0;  ///< compression_ratio of the text

  bool repeats() const;   ///< it is caught in a loop
  bool unlikely() const;  ///< the model hardly believes it itself
  bool silent() const;    ///< it is unlikely, and to the model nobody speaks
};

/// Decodes at temperature 0, and at higher ones up to 1 for as long as the text repeats itself or
/// is unlikely; silence is not decoded again. When nothing is to be believed, text that does not
/// repeat itself is the lesser evil, and of equals the likelier one.
/// Source: Radford et al. 2022, section 4.5.
///
/// @param decode the window at a temperature.
/// @param text_of what tokens stand for; it is given times as well.
WhisperDecoding decode_with_fallback(
    const std::function<WhisperSequence(double)>& decode,
    const std::function<std::string(std::span<const std::int32_t>)>& text_of);

}  // namespace ogam
