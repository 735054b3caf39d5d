#include "core/media/muxer.h"

extern "C" {
#include <libavutil/dict.h>
#include <libavutil/mem.h>
}

#include <unistd.h>

#include <cerrno>
#include <new>

#include "core/base/files.h"

namespace ogam::ffmpeg {

namespace {

constexpr int kIoBufferBytes = 256 * 1024;

/// FFmpeg's own copy of a dictionary.
struct OwnedDictionary {
  AVDictionary* entries = nullptr;

  explicit OwnedDictionary(const Dictionary& from) {
    for (const auto& [key, value] : from) {
      av_dict_set(&entries, key.c_str(), value.c_str(), 0);
    }
  }
  ~OwnedDictionary() { av_dict_free(&entries); }
  OwnedDictionary(const OwnedDictionary&) = delete;
  OwnedDictionary& operator=(const OwnedDictionary&) = delete;
};

}  // namespace

Parameters make_parameters(const AVCodecContext* context) {
  Parameters parameters(avcodec_parameters_alloc());
  if (!parameters ||
      (context != nullptr && avcodec_parameters_from_context(parameters.get(), context) < 0)) {
    throw std::bad_alloc();
  }
  return parameters;
}

/// The partial file behind FFmpeg's I/O callbacks, which forget why a write failed.
struct Muxer::Output {
  const Descriptor& file;
  int error = 0;  // the system's number
  AVIOContext* io = nullptr;

  explicit Output(const Descriptor& descriptor) : file(descriptor) {
    auto* buffer = static_cast<unsigned char*>(av_malloc(kIoBufferBytes));
    io = buffer == nullptr
             ? nullptr
             : avio_alloc_context(buffer, kIoBufferBytes, 1, this, nullptr, &write, &seek);
    if (io == nullptr) {
      av_free(buffer);
      throw std::bad_alloc();
    }
  }
  ~Output() {
    av_freep(&io->buffer);
    avio_context_free(&io);
  }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  static int write(void* opaque, std::uint8_t* buffer, int size) {
    Output& output = *static_cast<Output*>(opaque);
    const int error =
        write_all(output.file, {reinterpret_cast<char*>(buffer), static_cast<std::size_t>(size)});
    if (error != 0) {
      output.error = error;
      return AVERROR(error);
    }
    return size;
  }

  static std::int64_t seek(void* opaque, std::int64_t offset, int whence) {
    const Output& output = *static_cast<Output*>(opaque);
    if ((whence & AVSEEK_SIZE) != 0) {
      return AVERROR(ENOSYS);
    }
    const off_t position = ::lseek(output.file.get(), offset, whence & ~AVSEEK_FORCE);
    return position < 0 ? AVERROR(errno) : position;
  }
};

Muxer::Muxer(const std::filesystem::path& target, const char* format) : file_(target) {
  initialise();
  output_ = std::make_unique<Output>(file_.descriptor());
  // With "file:" in front a name is never taken for an address; MP4 is read once more at the end.
  const std::string url = "file:" + file_.path().native();
  const int status = avformat_alloc_output_context2(&format_, nullptr, format, url.c_str());
  require(status >= 0, ErrorCode::unsupported, "FFmpeg cannot write '{}': {}", format,
          error_text(status));
  format_->pb = output_->io;
  format_->flags |=
      AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;  // the same file for the same content
}

Muxer::~Muxer() { avformat_free_context(format_); }

bool Muxer::wants_global_headers() const {
  return (format_->oformat->flags & AVFMT_GLOBALHEADER) != 0;
}

int Muxer::add_stream(const AVCodecParameters& parameters, AVRational base) {
  AVStream* const added = avformat_new_stream(format_, nullptr);
  if (added == nullptr || avcodec_parameters_copy(added->codecpar, &parameters) < 0) {
    throw std::bad_alloc();
  }
  added->codecpar->codec_tag = 0;  // the container's own
  added->time_base = base;
  return added->index;
}

void Muxer::check(int status) const {
  if (output_->error != 0) {
    fail_write(file_.target(), output_->error);
  }
  require(status >= 0, ErrorCode::internal, "cannot write {}: {}", display_path(file_.target()),
          error_text(status));
}

void Muxer::start(const Dictionary& metadata, const Dictionary& options) {
  OwnedDictionary own(metadata);
  av_dict_copy(&format_->metadata, own.entries, 0);
  OwnedDictionary wanted(options);
  check(avformat_write_header(format_, &wanted.entries));
  const AVDictionaryEntry* const unknown =
      av_dict_get(wanted.entries, "", nullptr, AV_DICT_IGNORE_SUFFIX);
  require(unknown == nullptr, ErrorCode::internal, "'{}' has no option '{}'",
          format_->oformat->name, unknown == nullptr ? "" : unknown->key);
}

void Muxer::write(AVPacket* packet, int stream, AVRational base) {
  packet->stream_index = stream;
  av_packet_rescale_ts(packet, base, format_->streams[stream]->time_base);
  check(av_interleaved_write_frame(format_, packet));
}

void Muxer::finish() {
  check(av_write_trailer(format_));
  avio_flush(output_->io);
  check(output_->io->error);
  file_.commit();
}

}  // namespace ogam::ffmpeg
