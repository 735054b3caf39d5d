#include "core/media/reader.h"

extern "C" {
#include <libavutil/mathematics.h>
#include <libavutil/pixdesc.h>
}

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/files.h"
#include "core/media/audio_resampler.h"
#include "core/media/packet_decoder.h"
#include "core/media/video_track.h"

namespace ogam {

namespace {

/// A file that ends this much before its container said is truncated.
constexpr Time kEndTolerance = kSecond;

bool is_picture(const AVStream& stream) {
  return (stream.disposition & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS)) !=
         0;
}

/// FFmpeg's choice among the streams that can be decoded. Where none can, one is still named, so
/// that the error can say which codec is missing.
int find_stream(AVFormatContext* format, AVMediaType type, int related) {
  const AVCodec* decoder = nullptr;
  const int best = av_find_best_stream(format, type, -1, related, &decoder, 0);
  return best >= 0 ? best : av_find_best_stream(format, type, -1, related, nullptr, 0);
}

/// The video stream to read: FFmpeg's choice, unless that is cover art.
int find_video(AVFormatContext* format) {
  const int best = find_stream(format, AVMEDIA_TYPE_VIDEO, -1);
  if (best < 0 || !is_picture(*format->streams[best])) {
    return best;
  }
  for (unsigned i = 0; i < format->nb_streams; ++i) {
    const AVStream& stream = *format->streams[i];
    if (stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO && !is_picture(stream)) {
      return static_cast<int>(i);
    }
  }
  return AVERROR_STREAM_NOT_FOUND;
}

/// The stored size, as wide as square samples make it.
Size shown_size(const AVStream& stream) {
  const AVCodecParameters& parameters = *stream.codecpar;
  const AVRational aspect = stream.sample_aspect_ratio.num > 0 ? stream.sample_aspect_ratio
                                                               : parameters.sample_aspect_ratio;
  constexpr int kWidest = 8;  // beyond it, or below its inverse, the number is wrong
  const bool known = aspect.num > 0 && aspect.den > 0 && aspect.num / aspect.den < kWidest &&
                     aspect.den / aspect.num < kWidest;
  const std::int64_t width =
      known ? av_rescale(parameters.width, aspect.num, aspect.den) : parameters.width;
  return {static_cast<int>(std::max<std::int64_t>(width, 1)), parameters.height};
}

VideoStreamInfo describe_video(const AVStream& stream, Orientation orientation) {
  const AVCodecParameters& parameters = *stream.codecpar;
  const auto* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(parameters.format));
  return {.stream = stream.index,
          .codec = avcodec_get_name(parameters.codec_id),
          .size = orientation.apply({parameters.width, parameters.height}),
          .shown = orientation.apply(shown_size(stream)),
          .rotation = orientation.rotation(),
          .bit_depth = format == nullptr ? 8 : format->comp[0].depth,
          .average_fps = stream.avg_frame_rate.den > 0 ? av_q2d(stream.avg_frame_rate) : 0};
}

AudioStreamInfo describe_audio(const AVStream& stream) {
  const AVCodecParameters& parameters = *stream.codecpar;
  const AVDictionaryEntry* language = av_dict_get(stream.metadata, "language", nullptr, 0);
  return {.stream = stream.index,
          .codec = avcodec_get_name(parameters.codec_id),
          .sample_rate = parameters.sample_rate,
          .channels = parameters.ch_layout.nb_channels,
          .language = language == nullptr ? "" : language->value};
}

MediaInfo describe_input(const std::filesystem::path& path, AVFormatContext* format) {
  const Time start = format->start_time;  // AV_NOPTS_VALUE lies beyond the edge, too
  MediaInfo info{
      .container = format->iformat->name,
      .start = start < -StreamClock::kEdge || start > StreamClock::kEdge ? 0 : start,
      .duration = format->duration == AV_NOPTS_VALUE ? 0 : std::max<Time>(format->duration, 0),
      .stream_count = static_cast<int>(format->nb_streams),
      .video = std::nullopt,
      .audio = std::nullopt};
  const int video = find_video(format);
  const int audio = find_stream(format, AVMEDIA_TYPE_AUDIO, video);
  if (video >= 0) {
    const AVStream& stream = *format->streams[video];
    info.video = describe_video(stream, orientation_of(stream));
  }
  if (audio >= 0) {
    info.audio = describe_audio(*format->streams[audio]);
  }
  require(info.video || info.audio, ErrorCode::unsupported,
          "{} holds neither video nor audio ({} streams)", display_path(path), info.stream_count);
  return info;
}

/// "1 damaged packet", "2 damaged packets".
std::string counted(std::int64_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

std::string describe_damage(const ReadReport& report) {
  std::vector<std::string> parts;
  if (report.corrupt_packets > 0) {
    parts.push_back(counted(report.corrupt_packets, "damaged packet") + " left out");
  }
  if (report.missing_times > 0) {
    parts.push_back(counted(report.missing_times, "frame") +
                    " without a usable time placed by guess");
  }
  if (report.silenced_samples > 0) {
    parts.push_back(counted(report.silenced_samples, "damaged sample") + " of sound silenced");
  }
  if (report.truncated) {
    parts.emplace_back("the file ends before it should");
  }
  return fmt::format("{}", fmt::join(parts, "; "));
}

/// The audio stream of a reader: its decoder, and the resampler behind it.
class AudioTrack {
 public:
  AudioTrack(const std::filesystem::path& path, const AVStream& stream, Time start,
             const ReadOptions& options, ReadReport& report)
      : decoder_(path, stream, 1, options.limits, report),
        clock_(stream, start),
        from_(options.from),
        resampler_(options, report) {}

  /// @param emit takes each AudioChunk.
  template <typename Emit>
  void decode(const AVPacket* packet, Emit&& emit) {
    decoder_.decode(packet, [&](ffmpeg::Frame frame) {
      std::optional<Time> time = clock_.time(frame->best_effort_timestamp);
      if (time && frame->sample_rate > 0) {
        *time -= from_;
        // What ends before is left out; the resampler cuts the one that reaches over the start.
        if (*time + av_rescale(frame->nb_samples, kSecond, frame->sample_rate) <= 0) {
          return;
        }
      }
      resampler_.push(*frame, time);
      drain(emit);
    });
  }

  template <typename Emit>
  void finish(Emit&& emit) {
    decode(nullptr, emit);
    resampler_.finish();
    drain(emit);
  }

  const PacketDecoder& decoder() const { return decoder_; }

 private:
  template <typename Emit>
  void drain(Emit&& emit) {
    while (std::optional<AudioChunk> chunk = resampler_.take()) {
      chunk->time += from_;
      emit(std::move(*chunk));
    }
  }

  PacketDecoder decoder_;
  StreamClock clock_;
  Time from_;
  AudioResampler resampler_;
};

struct MediaReader::State {
  State(const std::filesystem::path& file, ReadOptions read_options)
      : path(file), options(std::move(read_options)) {
    input = std::make_unique<ffmpeg::Input>(path, options.limits);
    info = describe_input(path, input->get());
    if (options.from > 0) {
      enter();
    }
    const auto stream = [&](int index) -> const AVStream& { return *(*input)->streams[index]; };
    if (info.video && options.frames.kind != FrameSelection::Kind::none) {
      video.emplace(path, stream(info.video->stream), info.start, options, report);
    }
    if (info.audio && options.audio) {
      audio.emplace(path, stream(info.audio->stream), info.start, options, report);
    }
    for (unsigned i = 0; i < (*input)->nb_streams; ++i) {
      const bool read = (video && static_cast<int>(i) == info.video->stream) ||
                        (audio && static_cast<int>(i) == info.audio->stream);
      (*input)->streams[i]->discard = read ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    }
  }

  void enter();
  void step();
  void finish();
  Time claimed_end() const;

  std::filesystem::path path;
  ReadOptions options;
  ReadReport report;
  std::unique_ptr<ffmpeg::Input> input;
  MediaInfo info;
  std::optional<VideoTrack> video;
  std::optional<AudioTrack> audio;
  std::deque<AudioChunk> chunks;
  Time end = 0;  // of the last packet
  bool finished = false;
};

/// Goes to where reading starts, before any packet is read.
void MediaReader::State::enter() {
  const bool frames = info.video && options.frames.kind != FrameSelection::Kind::none;
  const int index = frames ? info.video->stream : info.audio ? info.audio->stream : -1;
  if (index < 0) {
    return;
  }
  // A decoder of sound needs a little of what came before.
  constexpr Time kLeadIn = kSecond / 5;
  const Time wanted = std::max<Time>(frames ? options.from : options.from - kLeadIn, 0);
  if (!ffmpeg::enter_at(*input, index, info.start + wanted)) {
    input = std::make_unique<ffmpeg::Input>(path, options.limits);  // it is read from its beginning
  }
}

/// Reads one packet.
void MediaReader::State::step() {
  ffmpeg::Packet packet = ffmpeg::make_packet();
  const bool nothing_wanted = !video && !audio;
  const bool all_found = video && video->done() && !audio;
  if (nothing_wanted || all_found) {
    finished = true;
    return;
  }
  if (!input->read(packet.get())) {
    finish();
    return;
  }
  const AVStream& stream = *(*input)->streams[packet->stream_index];
  const StreamClock clock(stream, info.start);
  if (const auto time = clock.time(packet->pts == AV_NOPTS_VALUE ? packet->dts : packet->pts)) {
    end = std::max(end, *time + clock.duration(packet->duration));
  }
  if (video && packet->stream_index == info.video->stream) {
    video->push(std::move(packet));
  } else if (audio && packet->stream_index == info.audio->stream) {
    audio->decode(packet.get(), [this](AudioChunk chunk) { chunks.push_back(std::move(chunk)); });
  }
}

/// When the streams that are read end, by what the file says; 0 when it does not say it of them.
Time MediaReader::State::claimed_end() const {
  Time claimed = 0;
  bool all_known = true;
  bool all_read = true;
  for (unsigned i = 0; i < (*input)->nb_streams; ++i) {
    const AVStream& stream = *(*input)->streams[i];
    const AVMediaType type = stream.codecpar->codec_type;
    if ((type != AVMEDIA_TYPE_VIDEO && type != AVMEDIA_TYPE_AUDIO) || is_picture(stream)) {
      continue;
    }
    if (stream.discard == AVDISCARD_ALL) {
      all_read = false;
    } else if (stream.duration == AV_NOPTS_VALUE || stream.duration <= 0) {
      all_known = false;
    } else {
      const StreamClock clock(stream, info.start);
      claimed = std::max(
          claimed, clock.time(stream.start_time).value_or(0) + clock.duration(stream.duration));
    }
  }
  if (all_known) {
    return std::min(claimed, info.duration);
  }
  // The container's duration may be that of a stream that was left out.
  return all_read ? info.duration : 0;
}

void MediaReader::State::finish() {
  finished = true;
  if (video) {
    video->finish();
  }
  if (audio) {
    audio->finish([this](AudioChunk chunk) { chunks.push_back(std::move(chunk)); });
  }
  const bool guessed = (*input)->duration_estimation_method == AVFMT_DURATION_FROM_BITRATE;
  report.truncated = input->truncated() || (!guessed && end + kEndTolerance < claimed_end());
  const std::int64_t packets =
      (video ? video->decoder().packets() : 0) + (audio ? audio->decoder().packets() : 0);
  const std::int64_t frames =
      (video ? video->decoder().frames() : 0) + (audio ? audio->decoder().frames() : 0);
  const FrameSelection& wanted = options.frames;
  const bool nothing_wanted =
      !audio && wanted.kind == FrameSelection::Kind::at_times && wanted.times.empty();
  require(
      frames > 0 || nothing_wanted || options.from > 0, ErrorCode::corrupt_data,
      "{}: nothing could be decoded ({} packets, {} refused); the file is damaged or was cut short",
      display_path(path), packets, report.corrupt_packets);
}

MediaReader::MediaReader(const std::filesystem::path& path, ReadOptions options)
    : state_(std::make_unique<State>(path, std::move(options))) {}

MediaReader::~MediaReader() = default;
MediaReader::MediaReader(MediaReader&&) noexcept = default;
MediaReader& MediaReader::operator=(MediaReader&&) noexcept = default;

const MediaInfo& MediaReader::info() const { return state_->info; }

const ReadReport& MediaReader::report() const { return state_->report; }

std::optional<MediaEvent> MediaReader::next() {
  for (;;) {
    if (state_->video) {
      if (std::optional<VideoFrame> frame = state_->video->take()) {
        return MediaEvent(std::move(*frame));
      }
    }
    if (!state_->chunks.empty()) {
      MediaEvent event(std::move(state_->chunks.front()));
      state_->chunks.pop_front();
      return event;
    }
    if (state_->finished) {
      return std::nullopt;
    }
    try {
      state_->step();
    } catch (const Error& error) {
      // What lies below the packets does not know the file.
      const std::string name = display_path(state_->path);
      if (std::string_view(error.what()).find(name) != std::string_view::npos) {
        throw;
      }
      fail(error.code(), "{}: {}", name, error.what());
    }
  }
}

MediaInfo probe_media(const std::filesystem::path& path, const MediaLimits& limits) {
  const ffmpeg::Input input(path, limits);
  return describe_input(path, input.get());
}

}  // namespace ogam
