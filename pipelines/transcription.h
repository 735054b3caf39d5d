#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/base/cancellation.h"
#include "core/base/thread_budget.h"
#include "core/base/timed_text.h"
#include "core/media/reader.h"
#include "pipelines/speech_recognizer.h"

namespace ogam {

/// Transcribes one stream of 16 kHz mono sound as it comes; memory does not grow with its length.
///
/// Windows of speech are recognised for themselves, without the text of the one before: a mistake
/// does not spread, and several are recognised at a time, by worker threads, each under a slot of
/// the thread budget, and by the caller itself when it would otherwise wait. A caller may hold a
/// slot, or none.
class TranscriptionSession {
 public:
  /// @param budget may be null: then the workers alone bound the threads.
  /// @throws Error{invalid_argument} for options that the model cannot serve.
  TranscriptionSession(std::shared_ptr<const SpeechRecognizer> recognizer,
                       const TranscriptionOptions& options, ThreadBudget* budget = nullptr,
                       CancellationToken cancellation = {});
  ~TranscriptionSession();
  TranscriptionSession(const TranscriptionSession&) = delete;
  TranscriptionSession& operator=(const TranscriptionSession&) = delete;

  /// Takes in the next samples.
  /// @throws Cancelled, and whatever went wrong in a worker.
  void push(std::span<const float> samples);

  /// Utterances that were finished since the last call, in order.
  std::vector<TimedText> poll();

  /// Ends the stream; the utterances that poll() has not given yet.
  std::vector<TimedText> finish();

  /// ISO 639 code: as asked for or as heard; empty while nothing was said.
  std::string language() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct Transcript {
  std::vector<TimedText> utterances;
  std::string language;    ///< empty when nothing was said
  Time duration = 0;       ///< of the sound
  ReadReport report = {};  ///< what was damaged or missing in the file
};

/// Transcribes the sound of a media file.
/// @param on_time called now and then with the media time read so far and the duration (0 when
/// unknown); may be empty.
/// @throws Error for a file that cannot be read or has no sound, Cancelled on request.
Transcript transcribe_file(const std::shared_ptr<const SpeechRecognizer>& recognizer,
                           const std::filesystem::path& path,
                           const TranscriptionOptions& options = {}, ThreadBudget* budget = nullptr,
                           const CancellationToken& cancellation = {},
                           const std::function<void(Time, Time)>& on_time = {});

}  // namespace ogam
