#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>
}

#include <filesystem>
#include <memory>
#include <string>

#include "core/base/error.h"
#include "core/media/limits.h"

/// Owners for FFmpeg's objects, and the opening of a file. Only the .cpp files of this folder
/// include it.
namespace ogam::ffmpeg {

struct FrameDeleter {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
struct PacketDeleter {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};
struct CodecContextDeleter {
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
};
struct ScalerDeleter {
  void operator()(SwsContext* context) const { sws_freeContext(context); }
};
struct ResamplerDeleter {
  void operator()(SwrContext* context) const { swr_free(&context); }
};

using Frame = std::unique_ptr<AVFrame, FrameDeleter>;
using Packet = std::unique_ptr<AVPacket, PacketDeleter>;
using CodecContext = std::unique_ptr<AVCodecContext, CodecContextDeleter>;
using Scaler = std::unique_ptr<SwsContext, ScalerDeleter>;
using Resampler = std::unique_ptr<SwrContext, ResamplerDeleter>;

/// Hands FFmpeg's messages to our log and bounds its allocations. To be called before FFmpeg is;
/// Input does.
void initialise();

Frame make_frame();
Packet make_packet();

/// FFmpeg's own words for one of its error numbers.
std::string error_text(int error);

/// An opened media file. The file is read through a descriptor of ours, so its name is never taken
/// for an address or a pattern, and whatever else a demuxer asks to open (playlists, references) is
/// refused.
class Input {
 public:
  /// Opens the file and reads what its container says of the streams.
  /// @throws Error{not_found} when it cannot be opened, Error{corrupt_data} when it is empty or
  ///     damaged, Error{unsupported} when its format is not known, Error{resource_exhausted} beyond
  ///     a limit.
  Input(const std::filesystem::path& path, const MediaLimits& limits);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  AVFormatContext* get() const { return format_; }
  AVFormatContext* operator->() const { return format_; }

  /// Whether the demuxer ran into the end of the file in the middle of something.
  bool truncated() const { return truncated_; }

  /// Reads the next packet.
  /// @return false at the end of the file, or of what can be read of it.
  bool read(AVPacket* packet);

 private:
  struct File;

  void open(const MediaLimits& limits);
  void check_streams(const MediaLimits& limits) const;

  std::filesystem::path path_;
  std::unique_ptr<File> file_;
  AVFormatContext* format_ = nullptr;
  bool truncated_ = false;
};

/// A decoder for a stream, ready to be fed.
/// @throws Error{unsupported} when this FFmpeg lacks the codec.
CodecContext open_decoder(const AVStream& stream, int threads, const MediaLimits& limits);

/// Checks the dimensions of a picture against the limits.
/// @throws Error{resource_exhausted} naming the limit.
void check_dimensions(const std::filesystem::path& path, int width, int height,
                      const MediaLimits& limits);

}  // namespace ogam::ffmpeg
