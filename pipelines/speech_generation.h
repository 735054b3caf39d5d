#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/cancellation.h"
#include "core/base/time.h"
#include "pipelines/speech_voice.h"

namespace ogam {

/// How far a text is spoken.
struct SpeechProgress {
  Time spoken = 0;   ///< sound so far, pauses with it
  double share = 0;  ///< of the text, 0 to 1
};

struct SpeechReport {
  std::size_t sentences = 0;            ///< that were spoken
  std::size_t silent = 0;               ///< in which there was nothing to speak
  Time duration = 0;                    ///< of the sound
  std::vector<std::string> left_out{};  ///< characters that the voice does not know, each once
};

/// Speaks a text into a sound file, sentence by sentence, with a pause after each and a longer one
/// after a paragraph; memory does not grow with the length of the text beyond the text itself. What
/// is too loud is made softer, not cut. The file is there when it is whole, or not at all.
///
/// @param out its extension names the format; see AudioWriter.
/// @param on_progress called after each sentence; may be empty.
/// @throws Error{invalid_argument} for a text in which there is nothing to speak, and for an
///     extension that is none; what AudioWriter throws; Cancelled.
SpeechReport generate_speech(const SpeechVoice& voice, std::string_view text,
                             const std::filesystem::path& out,
                             const CancellationToken& cancellation = {},
                             const std::function<void(const SpeechProgress&)>& on_progress = {});

}  // namespace ogam
