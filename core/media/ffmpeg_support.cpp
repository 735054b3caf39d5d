#include "core/media/ffmpeg_support.h"

extern "C" {
#include <libavutil/avutil.h>
#include <libavutil/log.h>
#include <libavutil/mem.h>
}

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <mutex>
#include <new>
#include <string_view>

#include "core/base/files.h"
#include "core/base/logging.h"

namespace ogam::ffmpeg {

namespace fs = std::filesystem;

namespace {

constexpr int kIoBufferBytes = 64 * 1024;
constexpr std::size_t kMaxAllocation = std::size_t{1} << 30;
/// FFmpeg's scores run to 100. A guess below this one counts only when the file's name agrees with
/// it.
constexpr int kSureScore = 26;

/// The container formats that are read, by FFmpeg's names. Playlists, pictures, captured devices
/// and text formats are absent on purpose: they open other files, or would take any text for a
/// video.
constexpr auto kFormats = std::to_array<std::string_view>({"3dostr",
                                                           "aac",
                                                           "ac3",
                                                           "aiff",
                                                           "amr",
                                                           "amrnb",
                                                           "amrwb",
                                                           "ape",
                                                           "apng",
                                                           "asf",
                                                           "au",
                                                           "av1",
                                                           "avi",
                                                           "avs",
                                                           "caf",
                                                           "dsf",
                                                           "dts",
                                                           "dtshd",
                                                           "dv",
                                                           "eac3",
                                                           "flac",
                                                           "flic",
                                                           "flv",
                                                           "gif",
                                                           "gxf",
                                                           "h261",
                                                           "h263",
                                                           "h264",
                                                           "hevc",
                                                           "ivf",
                                                           "loas",
                                                           "m4v",
                                                           "mjpeg",
                                                           "matroska,webm",
                                                           "mlp",
                                                           "mp3",
                                                           "mpc",
                                                           "mpc8",
                                                           "mpeg",
                                                           "mpegts",
                                                           "mpegvideo",
                                                           "mxf",
                                                           "mov,mp4,m4a,3gp,3g2,mj2",
                                                           "nsv",
                                                           "nut",
                                                           "obu",
                                                           "ogg",
                                                           "rm",
                                                           "tta",
                                                           "vc1",
                                                           "voc",
                                                           "w64",
                                                           "wav",
                                                           "wtv",
                                                           "wv"});

void write_log(void* object, int level, const char* format, std::va_list arguments) {
  if (level > AV_LOG_INFO) {
    return;
  }
  std::array<char, 512> line{};
  int prefix = 1;
  av_log_format_line(object, level, format, arguments, line.data(), line.size(), &prefix);
  std::string_view text = line.data();
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) {
    text.remove_suffix(1);
  }
  if (!text.empty()) {
    log_line(LogLevel::debug, fmt::format("ffmpeg: {}", text));
  }
}

int refuse_nested_open(AVFormatContext*, AVIOContext**, const char*, int, AVDictionary**) {
  return AVERROR(EPERM);
}

}  // namespace

void initialise() {
  static std::once_flag once;
  std::call_once(once, [] {
    av_log_set_callback(&write_log);
    av_max_alloc(kMaxAllocation);
  });
}

/// A regular file behind FFmpeg's I/O callbacks.
struct Input::File {
  int descriptor = -1;
  std::int64_t size = 0;
  AVIOContext* io = nullptr;

  explicit File(const fs::path& path) {
    descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    require(descriptor >= 0, ErrorCode::not_found, "cannot open {}: {}", display_path(path),
            std::strerror(errno));
    struct stat status {};
    if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) {
      ::close(descriptor);
      fail(ErrorCode::invalid_argument, "{} is not a regular file", display_path(path));
    }
    size = status.st_size;
    auto* buffer = static_cast<unsigned char*>(av_malloc(kIoBufferBytes));
    io = buffer == nullptr
             ? nullptr
             : avio_alloc_context(buffer, kIoBufferBytes, 0, this, &read, nullptr, &seek);
    if (io == nullptr) {
      av_free(buffer);
      ::close(descriptor);
      throw std::bad_alloc();
    }
  }

  ~File() {
    av_freep(&io->buffer);
    avio_context_free(&io);
    ::close(descriptor);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  static int read(void* opaque, std::uint8_t* buffer, int size) {
    const File& file = *static_cast<File*>(opaque);
    ssize_t count = 0;
    do {
      count = ::read(file.descriptor, buffer, static_cast<std::size_t>(size));
    } while (count < 0 && errno == EINTR);
    return count > 0 ? static_cast<int>(count) : count == 0 ? AVERROR_EOF : AVERROR(errno);
  }

  static std::int64_t seek(void* opaque, std::int64_t offset, int whence) {
    const File& file = *static_cast<File*>(opaque);
    if ((whence & AVSEEK_SIZE) != 0) {
      return file.size;
    }
    const off_t position = ::lseek(file.descriptor, offset, whence & ~AVSEEK_FORCE);
    return position < 0 ? AVERROR(errno) : position;
  }
};

Frame make_frame() {
  Frame frame(av_frame_alloc());
  if (!frame) {
    throw std::bad_alloc();
  }
  return frame;
}

Packet make_packet() {
  Packet packet(av_packet_alloc());
  if (!packet) {
    throw std::bad_alloc();
  }
  return packet;
}

std::string error_text(int error) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(error, text.data(), text.size());
  return text.data();
}

void check_dimensions(const fs::path& path, int width, int height, const MediaLimits& limits) {
  require(width <= limits.max_side && height <= limits.max_side &&
              static_cast<std::int64_t>(width) * height <= limits.max_pixels,
          ErrorCode::resource_exhausted,
          "{} holds a picture of {} x {}; at most {} a side and {} pixels are read",
          display_path(path), width, height, limits.max_side, limits.max_pixels);
}

Input::Input(const fs::path& path, const MediaLimits& limits) : path_(path) {
  initialise();
  file_ = std::make_unique<File>(path);
  require(file_->size > 0, ErrorCode::corrupt_data, "{} is empty", display_path(path));
  try {
    open(limits);
  } catch (...) {
    avformat_close_input(&format_);
    throw;
  }
}

Input::~Input() { avformat_close_input(&format_); }

void Input::open(const MediaLimits& limits) {
  const std::string name = display_path(path_);
  const AVInputFormat* format = nullptr;
  // No name is given to the prober: formats that are known by their extension alone are not wanted.
  const int score = av_probe_input_buffer2(file_->io, &format, "", nullptr, 0, 0);
  require(score >= 0 && format != nullptr, ErrorCode::unsupported,
          "{} is not in a media format that FFmpeg knows", name);
  const bool agrees = format->extensions != nullptr &&
                      av_match_ext(path_.filename().c_str(), format->extensions) != 0;
  require(score >= kSureScore || (score > 0 && agrees), ErrorCode::unsupported,
          "{} is not in a media format that FFmpeg knows (its best guess is '{}')", name,
          format->name);
  require(std::find(kFormats.begin(), kFormats.end(), format->name) != kFormats.end(),
          ErrorCode::unsupported,
          "{} has the format '{}', which is not read; convert it to MP4, or to WAV", name,
          format->name);

  format_ = avformat_alloc_context();
  if (format_ == nullptr) {
    throw std::bad_alloc();
  }
  format_->pb = file_->io;
  format_->flags |= AVFMT_FLAG_CUSTOM_IO;
  format_->io_open = &refuse_nested_open;
  format_->max_streams = limits.max_streams + 1;
  int status = avformat_open_input(&format_, nullptr, format, nullptr);
  require(status != AVERROR(ENOMEM), ErrorCode::resource_exhausted,
          "{} asks for more memory, or more than {} streams", name, limits.max_streams);
  require(
      status >= 0, ErrorCode::corrupt_data,
      "{} looks like '{}' but is damaged or was cut short: {}; copy it again, or repair it with "
      "`ffmpeg -i FILE -c copy NEW`",
      name, format->name, error_text(status));
  check_streams(limits);
  status = avformat_find_stream_info(format_, nullptr);
  require(status >= 0, ErrorCode::corrupt_data,
          "{} looks like '{}' but its streams cannot be read: {}", name, format->name,
          error_text(status));
  check_streams(limits);
  require(format_->duration == AV_NOPTS_VALUE || format_->duration <= limits.max_duration,
          ErrorCode::resource_exhausted, "{} claims to last {:.0f} s; at most {:.0f} s are read",
          name, to_seconds(format_->duration), to_seconds(limits.max_duration));
}

void Input::check_streams(const MediaLimits& limits) const {
  require(format_->nb_streams <= static_cast<unsigned>(limits.max_streams),
          ErrorCode::resource_exhausted, "{} has more than {} streams", display_path(path_),
          limits.max_streams);
  for (unsigned i = 0; i < format_->nb_streams; ++i) {
    const AVCodecParameters& parameters = *format_->streams[i]->codecpar;
    check_dimensions(path_, parameters.width, parameters.height, limits);
  }
}

bool Input::read(AVPacket* packet) {
  int status = av_read_frame(format_, packet);
  constexpr int kRetries = 1000;  // a few demuxers say "again" for a part they leave out
  for (int i = 0; i < kRetries && status == AVERROR(EAGAIN); ++i) {
    status = av_read_frame(format_, packet);
  }
  if (status >= 0) {
    return true;
  }
  // Demuxers report a file that was cut short as a read error or as bad data; both end what can be
  // had.
  truncated_ = truncated_ || status != AVERROR_EOF;
  return false;
}

CodecContext open_decoder(const AVStream& stream, int threads, const MediaLimits& limits) {
  const AVCodec* codec = avcodec_find_decoder(stream.codecpar->codec_id);
  require(codec != nullptr, ErrorCode::unsupported,
          "FFmpeg has no decoder for '{}'; convert the file",
          avcodec_get_name(stream.codecpar->codec_id));
  CodecContext context(avcodec_alloc_context3(codec));
  if (!context) {
    throw std::bad_alloc();
  }
  int status = avcodec_parameters_to_context(context.get(), stream.codecpar);
  context->pkt_timebase = stream.time_base;
  context->max_pixels = limits.max_pixels;
  context->thread_count = std::max(1, threads);
  if (status >= 0) {
    status = avcodec_open2(context.get(), codec, nullptr);
  }
  require(status >= 0, ErrorCode::unsupported, "FFmpeg cannot decode this '{}' stream: {}",
          codec->name, error_text(status));
  return context;
}

}  // namespace ogam::ffmpeg
