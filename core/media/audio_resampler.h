#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/media/ffmpeg_support.h"
#include "core/media/reader.h"

namespace ogam {

/// Turns decoded audio into float samples that lie where their times say: gaps become silence,
/// overlaps are dropped. Sample i of all that comes out lies at i / sample_rate; "sample" means one
/// value for each channel, interleaved.
class AudioResampler {
 public:
  /// @param report receives the silence that was filled in.
  AudioResampler(const ReadOptions& options, ReadReport& report);
  ~AudioResampler();

  /// Takes the next frame.
  /// @param time of its first sample; without it, it follows the frame before.
  ///     A time that cannot be is counted in the report, and the frame follows the one before.
  /// @throws Error{unsupported} for channel layouts or rates that cannot be converted,
  ///     Error{resource_exhausted} when the audio grows longer than the limit.
  void push(const AVFrame& frame, std::optional<Time> time);

  /// Takes out what is left in the filter; nothing may be pushed afterwards.
  void finish();

  /// The next chunk: of a second or a little more, or the rest after `finish`. To be called until
  /// there is none after each `push`, so that a gap of hours is handed out a second at a time.
  std::optional<AudioChunk> take();

 private:
  void start_segment(const AVFrame& frame);
  void end_segment();
  void add_silence(std::int64_t samples);
  void convert(const AVFrame* frame, int skipped);
  void silence_damaged(std::span<float> samples);
  std::int64_t settle_drift(Time time);
  std::int64_t segment_end() const;

  int sample_rate_;
  int channels_;
  std::int64_t max_samples_;
  ReadReport& report_;

  ffmpeg::Resampler resampler_;  // of the current segment
  AVChannelLayout layout_{};     // of the frames of the current segment
  int input_rate_ = 0;
  int input_format_ = AV_SAMPLE_FMT_NONE;
  std::int64_t segment_start_ = 0;  // output sample at which the current segment started
  std::int64_t segment_input_ = 0;  // input samples the current segment was given
  std::int64_t shift_ = 0;          // added to stored times since they started anew

  std::int64_t produced_ = 0;  // output samples made so far, silence included
  std::int64_t taken_ = 0;     // output samples handed out
  // Not handed out yet: `samples_`, then that much silence, then `after_silence_`; interleaved.
  std::vector<float> samples_;
  std::int64_t silence_ = 0;
  std::vector<float> after_silence_;
  bool finished_ = false;
};

}  // namespace ogam
