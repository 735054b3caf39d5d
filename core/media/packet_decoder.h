#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <utility>

#include "core/media/ffmpeg_support.h"
#include "core/media/reader.h"

namespace ogam {

/// Feeds packets to one stream's decoder and counts what it refuses.
class PacketDecoder {
 public:
  PacketDecoder(std::filesystem::path path, const AVStream& stream, int threads,
                const MediaLimits& limits, ReadReport& report);

  AVCodecContext& context() { return *context_; }

  /// Decodes `packet`, or with a null pointer what the decoder still holds, and calls
  /// `use(ffmpeg::Frame)` for each frame that comes out.
  /// @throws Error{corrupt_data} when too many packets in a row failed, Error{resource_exhausted}
  ///     when a frame asks for too much memory.
  template <typename Use>
  void decode(const AVPacket* packet, Use&& use) {
    if (packet != nullptr && packet->size == 0 && packet->side_data_elems == 0) {
      return;  // the frame before is shown on; a decoder would take it for the end of the stream
    }
    send(packet);
    while (ffmpeg::Frame frame = receive()) {
      use(std::move(frame));
    }
    finish_packet();
  }

  /// Makes the decoder forget everything before a keyframe.
  void reset() { avcodec_flush_buffers(context_.get()); }

  std::int64_t packets() const { return packets_; }
  std::int64_t frames() const { return frames_; }

 private:
  void send(const AVPacket* packet);
  ffmpeg::Frame receive();
  void finish_packet();
  void note_failure(int status);

  std::filesystem::path path_;
  MediaLimits limits_;
  ReadReport& report_;
  ffmpeg::CodecContext context_;
  std::int64_t packets_ = 0;
  std::int64_t frames_ = 0;
  int failures_in_a_row_ = 0;
  bool failed_ = false;    // the current packet
  bool progress_ = false;  // the current packet gave a frame
};

/// Times of a stream relative to the container's start.
class StreamClock {
 public:
  /// Times beyond it, on either side, can be in no file; sums of a few below it do not overflow.
  static constexpr Time kEdge = std::numeric_limits<Time>::max() / 4;

  /// @param start at most `kEdge` from 0.
  StreamClock(const AVStream& stream, Time start) : base_(stream.time_base), start_(start) {}

  /// Nothing for a missing timestamp, or one that no file can hold.
  std::optional<Time> time(std::int64_t timestamp) const;

  /// Of so many ticks; 0 when there is none.
  Time duration(std::int64_t ticks) const;

 private:
  AVRational base_;
  Time start_;
};

}  // namespace ogam
