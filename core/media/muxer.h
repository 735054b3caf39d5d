#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "core/base/partial_file.h"
#include "core/media/ffmpeg_support.h"

namespace ogam::ffmpeg {

using Dictionary = std::map<std::string, std::string>;

struct ParametersDeleter {
  void operator()(AVCodecParameters* parameters) const { avcodec_parameters_free(&parameters); }
};
using Parameters = std::unique_ptr<AVCodecParameters, ParametersDeleter>;

/// How an open encoder's packets are stored; of nothing when there is no encoder.
Parameters make_parameters(const AVCodecContext* context);

/// Writes a container file that is there when it is whole and not before: under a name of its own
/// until `finish`, and nothing at all without it.
class Muxer {
 public:
  /// @param format FFmpeg's name of the container: "mp4", "wav", ...
  /// @throws Error{unsupported} when this FFmpeg lacks the format, Error{inaccessible,
  ///     resource_exhausted} when the file cannot be made.
  Muxer(const std::filesystem::path& target, const char* format);
  ~Muxer();
  Muxer(const Muxer&) = delete;
  Muxer& operator=(const Muxer&) = delete;

  /// Whether encoders are to keep their headers out of the packets.
  bool wants_global_headers() const;

  /// Adds a stream, before `start`.
  /// @param base what its packets are best counted in; the container may choose another.
  /// @return its number.
  int add_stream(const AVCodecParameters& parameters, AVRational base);
  AVStream& stream(int number) { return *format_->streams[number]; }

  /// Writes the header.
  /// @param metadata of the whole file; `options` are the container's own.
  void start(const Dictionary& metadata, const Dictionary& options);

  /// Writes a packet, whose times are counted in `base`; it is empty afterwards. Packets of one
  /// stream come in the order of decoding; the streams are interleaved here.
  /// @throws Error{resource_exhausted} when the disk is full, Error{inaccessible}.
  void write(AVPacket* packet, int stream, AVRational base);

  /// Writes what is left, makes the file durable and gives it its name.
  void finish();

 private:
  struct Output;
  void check(int status) const;

  PartialFile file_;
  std::unique_ptr<Output> output_;
  AVFormatContext* format_ = nullptr;
};

}  // namespace ogam::ffmpeg
