#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/cancellation.h"
#include "core/base/timed_text.h"
#include "decoders/text/whisper_search.h"
#include "encoders/audio/silero_vad.h"
#include "pipelines/speech_windows.h"

namespace ogam {

struct TranscriptionOptions {
  std::string language = "auto";  ///< ISO 639 code, or "auto": listen to the first speech
  bool translate = false;         ///< write English whatever is spoken
  int beam_size = 1;              ///< 1 is greedy
  bool word_times = true;
  int workers = 2;  ///< windows that are recognised at the same time
};

/// Whisper behind a voice activity detector: speech to text with times.
///
/// A model folder is as Hugging Face or faster-whisper lays it out (see WhisperModel). Safe to
/// share between threads.
class SpeechRecognizer {
 public:
  /// @throws Error{not_found, corrupt_data, unsupported}.
  SpeechRecognizer(const std::filesystem::path& whisper_folder,
                   const std::filesystem::path& vad_folder);
  ~SpeechRecognizer();
  SpeechRecognizer(const SpeechRecognizer&) = delete;
  SpeechRecognizer& operator=(const SpeechRecognizer&) = delete;

  const SileroVad& voice_activity() const;

  /// Samples that the model hears at once.
  std::int64_t window_samples() const;

  /// @throws Error{invalid_argument} when the model does not know the language or the number of
  /// beams or workers
  ///     makes no sense.
  void check(const TranscriptionOptions& options) const;

  /// A window's sound as the decoder attends to it: per layer, keys and values.
  std::vector<KeyValues> listen(std::span<const float> samples) const;

  /// Every language with its probability, likeliest first.
  std::vector<LanguageProbability> detect_language(const std::vector<KeyValues>& sound) const;

  /// What is said in a window.
  /// @param sound from listen(window.samples), or empty.
  /// @param language a code, not "auto".
  /// @return utterances with times in the stream, in order.
  /// @throws Cancelled.
  std::vector<TimedText> recognize(const SpeechWindow& window, std::vector<KeyValues> sound,
                                   const std::string& language, const TranscriptionOptions& options,
                                   const CancellationToken& cancellation) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace ogam
