#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "core/media/ffmpeg_support.h"
#include "core/media/frame_rate.h"
#include "core/media/picture.h"

namespace ogam::ffmpeg {

using TakePacket = std::function<void(AVPacket*)>;

/// How pictures are coded as H.264.
struct VideoEncoding {
  Size size;
  FrameRate rate;
  int threads = 1;
  int profile = FF_PROFILE_H264_HIGH;
  double quality = 20;       ///< x264's constant rate factor
  int parameter_set_id = 0;  ///< of what the decoder is told once; pictures refer to it
  /// FFmpeg's numbers of primaries, transfer, matrix and range.
  std::array<int, 4> color{};
};

/// The tags of a picture's colours.
std::array<int, 4> color_tags(ColorMatrix matrix);

/// Codes pictures as H.264 with x264. Packets come in the order of decoding, their times are the
/// numbers of the pictures.
class VideoEncoder {
 public:
  /// @param global_headers whether the headers stay out of the packets.
  /// @throws Error{unsupported} when this FFmpeg has no x264.
  VideoEncoder(const VideoEncoding& encoding, bool global_headers);

  const AVCodecContext& context() const { return *context_; }

  /// @throws Error{invalid_argument} for a picture of another size.
  void encode(const Picture& picture, std::int64_t number, const TakePacket& take);

  /// Gives the packets that are left; nothing can be encoded afterwards.
  void finish(const TakePacket& take);

 private:
  CodecContext context_;
  Frame frame_;
};

/// Sends a frame, or the end, to an encoder and hands on the packets that come out.
void encode_frame(AVCodecContext& context, const AVFrame* frame, const TakePacket& take);

}  // namespace ogam::ffmpeg
