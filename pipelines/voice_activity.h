#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "encoders/audio/silero_vad.h"

namespace ogam {

/// A half-open span of samples at 16 kHz.
struct SampleSpan {
  std::int64_t start = 0;
  std::int64_t end = 0;

  std::int64_t size() const { return end - start; }
  friend bool operator==(const SampleSpan&, const SampleSpan&) = default;
};

/// How probabilities become spans; lengths in samples at 16 kHz.
struct VoiceActivityOptions {
  float threshold = 0.5F;            ///< speech starts here
  float release = 0.35F;             ///< and goes on down to here
  std::int64_t min_speech = 4000;    ///< a shorter span is noise (250 ms)
  std::int64_t min_silence = 4800;   ///< a shorter pause does not end a span (300 ms)
  std::int64_t max_speech = 448000;  ///< a longer span is cut where it is quietest (28 s)
};

/// Turns the probability of every chunk of a stream into spans of speech.
class SpeechSpanTracker {
 public:
  explicit SpeechSpanTracker(const VoiceActivityOptions& options) : options_(options) {}

  /// Takes in the next chunk's probability; spans that end by it are added to `spans`.
  void push(float probability, std::vector<SampleSpan>& spans);
  /// Ends the stream.
  void finish(std::vector<SampleSpan>& spans);

  /// No span still to come starts before this sample.
  std::int64_t earliest_start() const { return open_ ? start_ : position_; }

 private:
  void close(std::int64_t end, std::vector<SampleSpan>& spans);
  void cut_at_quietest(std::vector<SampleSpan>& spans);

  VoiceActivityOptions options_;
  std::int64_t position_ = 0;  // samples so far
  bool open_ = false;
  std::int64_t start_ = 0;               // of the open span
  std::optional<std::int64_t> silence_;  // where the pause at its end began
  std::vector<float> probabilities_;     // of the open span's chunks
};

/// Finds speech in a stream of 16 kHz mono sound.
class VoiceActivityDetector {
 public:
  VoiceActivityDetector(const SileroVad& model, const VoiceActivityOptions& options = {});

  /// Spans of speech that ended within these samples. Samples are worked through in whole chunks.
  std::vector<SampleSpan> push(std::span<const float> samples);
  /// The spans left at the end of the stream.
  std::vector<SampleSpan> finish();

  /// No span still to come starts before this sample.
  std::int64_t earliest_start() const { return tracker_.earliest_start(); }

 private:
  void detect(std::span<const float> chunks, std::vector<SampleSpan>& spans);

  const SileroVad& model_;
  SileroVad::State state_;
  SpeechSpanTracker tracker_;
  std::vector<float> rest_;    // less than a chunk
  std::int64_t received_ = 0;  // samples
};

}  // namespace ogam
