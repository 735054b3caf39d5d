#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/time.h"
#include "pipelines/voice_activity.h"

namespace ogam {

/// Speech of a stream, cut out and laid end to end, for one pass of the recogniser.
struct SpeechWindow {
  /// `size` samples from `window_start` in the window are those from `stream_start` in the stream.
  struct Piece {
    std::int64_t window_start = 0;
    std::int64_t stream_start = 0;
    std::int64_t size = 0;
  };

  std::vector<float> samples;      ///< 16 kHz
  std::vector<Piece> pieces;       ///< in order, without gaps in the window
  std::vector<SampleSpan> speech;  ///< where in the window speech was detected

  /// The time in the stream of a span of the window. A piece break inside of the span is resolved
  /// to the piece that holds its middle.
  TimeSpan stream_time(SampleSpan span) const;
};

struct SpeechWindowOptions {
  std::int64_t max_samples = 480000;  ///< of a window (30 s)
  std::int64_t padding = 6400;        ///< sound kept before and after speech (400 ms)
  VoiceActivityOptions voice_activity;
};

/// Finds the speech in a stream and packs it into windows; what lies between is left out, so that
/// sparse speech costs little. Holds no more than about a minute of sound.
class SpeechWindowBuilder {
 public:
  explicit SpeechWindowBuilder(const SileroVad& model, const SpeechWindowOptions& options = {});

  /// Windows that became full.
  std::vector<SpeechWindow> push(std::span<const float> samples);
  /// The last window, if there is one.
  std::vector<SpeechWindow> finish();

 private:
  void pack(bool at_end, std::vector<SpeechWindow>& windows);
  void add(SampleSpan speech, SampleSpan padded, std::vector<SpeechWindow>& windows);
  void forget_old_samples();

  SpeechWindowOptions options_;
  VoiceActivityDetector detector_;
  std::vector<float> samples_;  // of the stream, from samples_start_ on
  std::int64_t samples_start_ = 0;
  std::vector<SampleSpan> speech_;  // found, not yet packed
  std::int64_t packed_end_ = 0;     // end of the last packed piece in the stream
  SpeechWindow window_;             // being filled
};

}  // namespace ogam
