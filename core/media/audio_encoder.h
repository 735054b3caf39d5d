#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/media/video_encoder.h"

namespace ogam::ffmpeg {

struct AudioEncoding {
  const char* codec = "aac";  ///< FFmpeg's name of the encoder, which takes planes of floats
  int sample_rate = 48000;
  int channels = 2;
  int bit_rate = 160'000;
};

/// Codes sound that comes in pieces of any length. Packets are timed in samples.
class AudioEncoder {
 public:
  /// @throws Error{unsupported} when this FFmpeg lacks the encoder.
  AudioEncoder(const AudioEncoding& encoding, bool global_headers);

  const AVCodecContext& context() const { return *context_; }

  /// @param samples interleaved.
  void encode(std::span<const float> samples, const TakePacket& take);
  void finish(const TakePacket& take);

 private:
  void encode_pending(int count, const TakePacket& take);

  CodecContext context_;
  Frame frame_;
  std::vector<float> pending_;  // interleaved, less than a frame between calls
  std::int64_t encoded_ = 0;    // samples
};

}  // namespace ogam::ffmpeg
