#include "core/media/media_writer.h"

extern "C" {
#include <libavutil/mem.h>
}

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <string_view>

#include "core/media/audio_encoder.h"
#include "core/media/h264_units.h"
#include "core/media/muxer.h"
#include "core/media/video_encoder.h"

namespace ogam {

namespace {

using ffmpeg::VideoEncoder;
using ffmpeg::VideoEncoding;

/// Beside pictures that are taken over, a little loss would be seen.
constexpr double kQualityBeside = 16;
constexpr AVRational kSubtitleBase = {1, 1000};

VideoEncoding encoding_of(const WriterOptions& options) {
  VideoEncoding encoding{.size = options.size,
                         .rate = options.rate,
                         .threads = options.threads,
                         .color = ffmpeg::color_tags(options.matrix)};
  if (const auto& format = options.taken_over) {
    encoding.profile = format->profile;
    encoding.quality = kQualityBeside;
    encoding.parameter_set_id = format->free_id;
    encoding.color = format->color;
  }
  return encoding;
}

void set_header(AVCodecParameters& parameters, std::string_view header) {
  av_freep(&parameters.extradata);
  parameters.extradata =
      static_cast<std::uint8_t*>(av_mallocz(header.size() + AV_INPUT_BUFFER_PADDING_SIZE));
  if (parameters.extradata == nullptr) {
    throw std::bad_alloc();
  }
  std::memcpy(parameters.extradata, header.data(), header.size());
  parameters.extradata_size = static_cast<int>(header.size());
}

/// How MP4 shows text (3GPP TS 26.245, 5.16, without the box's own header): at the bottom, centred,
/// white on nothing, in whatever sans-serif font the player has.
std::string text_header() {
  constexpr std::string_view kFont = "Sans-Serif";
  std::string header(4, '\0');       // display flags
  header += {1, '\xFF'};             // centred, at the bottom
  header += std::string(4, '\0');    // ground, transparent
  header += std::string(8, '\0');    // the box of the text: the player's choice
  header += std::string(4, '\0');    // the style is of all characters
  header += {0, 1, 0, 18};           // font 1, no bold, 18 pixels
  header += std::string(4, '\xFF');  // white, opaque
  header += {0, 0, 0, static_cast<char>(13 + kFont.size()), 'f', 't', 'a', 'b'};
  header += {0, 1, 0, 1, static_cast<char>(kFont.size())};  // one font, of number 1
  return header + std::string(kFont);
}

/// ISO 639-2, as MP4 wants it, of ISO 639-1.
std::string_view long_language(std::string_view language) {
  struct Row {
    std::string_view two;
    std::string_view three;
  };
  constexpr std::array kLanguages = {Row{"de", "deu"}, Row{"en", "eng"}, Row{"es", "spa"},
                                     Row{"fr", "fra"}, Row{"it", "ita"}, Row{"ja", "jpn"},
                                     Row{"ko", "kor"}, Row{"pt", "por"}, Row{"ru", "rus"},
                                     Row{"vi", "vie"}, Row{"zh", "zho"}};
  const auto* const row = std::find_if(kLanguages.begin(), kLanguages.end(),
                                       [&](const Row& known) { return known.two == language; });
  return row == kLanguages.end() ? "und" : row->three;
}

}  // namespace

// Note: [Times of a written video]
// Every picture has a number in the order of showing, and is shown at number / rate. Packets come
// in the order of decoding, whoever coded them; the i-th of the whole file is decoded at i - delay,
// in pictures, where `delay` is how far the order of decoding may run ahead. So taken over and
// newly coded pictures stand in one stream, with times that always ascend.
struct MediaWriter::State {
  WriterOptions options;
  ffmpeg::Muxer muxer;
  std::unique_ptr<VideoEncoder> video;  // while pictures are coded one after another
  std::unique_ptr<ffmpeg::AudioEncoder> audio;
  std::string video_header;
  int video_stream = -1;
  int audio_stream = -1;
  int text_stream = -1;
  int tick = 1;                 // of the video's time base, a picture
  AVRational base = {1, 25};    // of the video
  std::int64_t delay = 0;       // pictures
  std::int64_t pictures = 0;    // given so far
  std::int64_t packets = 0;     // of video, written so far
  std::int64_t taken_over = 0;  // in the current row

  State(const std::filesystem::path& path, const WriterOptions& wanted)
      : options(wanted), muxer(path, "mp4") {
    add_video();
    if (options.sound) {
      audio = std::make_unique<ffmpeg::AudioEncoder>(
          ffmpeg::AudioEncoding{.sample_rate = kSampleRate, .channels = kChannels},
          muxer.wants_global_headers());
      audio_stream =
          muxer.add_stream(*ffmpeg::make_parameters(&audio->context()), {1, kSampleRate});
    }
    if (options.subtitles) {
      const ffmpeg::Parameters parameters = ffmpeg::make_parameters(nullptr);
      parameters->codec_type = AVMEDIA_TYPE_SUBTITLE;
      parameters->codec_id = AV_CODEC_ID_MOV_TEXT;
      set_header(*parameters, text_header());
      text_stream = muxer.add_stream(*parameters, kSubtitleBase);
      const std::string language(long_language(*options.subtitles));
      av_dict_set(&muxer.stream(text_stream).metadata, "language", language.c_str(), 0);
      muxer.stream(text_stream).disposition = AV_DISPOSITION_DEFAULT;
    }
    muxer.start(options.metadata, {{"movflags", "+faststart"}});
  }

  void add_video();
  void open_video();
  void write_video(AVPacket* packet, std::int64_t place);
  void end_coding();
  void end_row();
};

void MediaWriter::State::open_video() {
  video = std::make_unique<VideoEncoder>(encoding_of(options), muxer.wants_global_headers());
  const AVCodecContext& context = video->context();
  std::string header(reinterpret_cast<const char*>(context.extradata),
                     static_cast<std::size_t>(context.extradata_size));
  require(video_header.empty() || header == video_header, ErrorCode::internal,
          "x264 began to code differently in the middle of a file");
  video_header = std::move(header);
}

void MediaWriter::State::add_video() {
  open_video();
  // Fine enough for players that round times.
  constexpr int kFinest = 10'000;
  while (options.rate.num * tick < kFinest) {
    tick *= 2;
  }
  base = {1, options.rate.num * tick};
  tick *= options.rate.den;
  delay = std::max(options.delay, video->context().has_b_frames);
  const ffmpeg::Parameters parameters = ffmpeg::make_parameters(&video->context());
  if (options.taken_over) {
    set_header(*parameters, options.taken_over->headers + video_header);
  }
  video_stream = muxer.add_stream(*parameters, base);
  AVStream& stream = muxer.stream(video_stream);
  stream.avg_frame_rate = {options.rate.num, options.rate.den};
  stream.sample_aspect_ratio = {1, 1};
}

void MediaWriter::State::write_video(AVPacket* packet, std::int64_t place) {
  const std::int64_t decoded = packets++ - delay;
  require(place >= decoded, ErrorCode::internal, "picture {} would be shown before it is decoded",
          place);
  packet->pts = place * tick;
  packet->dts = decoded * tick;
  packet->duration = tick;
  muxer.write(packet, video_stream, base);
}

void MediaWriter::State::end_coding() {
  if (video) {
    video->finish([this](AVPacket* packet) { write_video(packet, packet->pts); });
    video.reset();
  }
}

void MediaWriter::State::end_row() {
  pictures += taken_over;
  taken_over = 0;
}

MediaWriter::MediaWriter(const std::filesystem::path& path, const WriterOptions& options)
    : state_(std::make_unique<State>(path, options)) {}

MediaWriter::~MediaWriter() = default;

void MediaWriter::write_picture(const Picture& picture) {
  State& state = *state_;
  state.end_row();
  if (!state.video) {
    state.open_video();
  }
  state.video->encode(picture, state.pictures++,
                      [&](AVPacket* packet) { state.write_video(packet, packet->pts); });
}

void MediaWriter::take_over(std::span<const std::uint8_t> stream, std::int64_t place, bool key) {
  State& state = *state_;
  state.end_coding();
  if (place == 0) {  // of the row before, if there is one right before
    state.end_row();
  }
  const ffmpeg::Packet packet = ffmpeg::make_packet();
  if (av_new_packet(packet.get(), static_cast<int>(stream.size())) < 0) {
    throw std::bad_alloc();
  }
  std::copy(stream.begin(), stream.end(), packet->data);
  packet->flags = key ? AV_PKT_FLAG_KEY : 0;
  ++state.taken_over;
  state.write_video(packet.get(), state.pictures + place);
}

void MediaWriter::write_sound(std::span<const float> samples) {
  State& state = *state_;
  state.audio->encode(samples, [&](AVPacket* packet) {
    state.muxer.write(packet, state.audio_stream, {1, kSampleRate});
  });
}

void MediaWriter::write_subtitle(const TimedText& subtitle) {
  State& state = *state_;
  constexpr std::size_t kLongest = 0xFFFF;
  const std::string_view text = std::string_view(subtitle.text).substr(0, kLongest);
  const ffmpeg::Packet packet = ffmpeg::make_packet();
  if (av_new_packet(packet.get(), static_cast<int>(text.size() + 2)) < 0) {
    throw std::bad_alloc();
  }
  packet->data[0] = static_cast<std::uint8_t>(text.size() >> 8);
  packet->data[1] = static_cast<std::uint8_t>(text.size());
  std::copy(text.begin(), text.end(), packet->data + 2);
  packet->pts = subtitle.span.start / 1000;
  packet->dts = packet->pts;
  packet->duration = subtitle.span.end / 1000 - packet->pts;
  packet->flags = AV_PKT_FLAG_KEY;
  state.muxer.write(packet.get(), state.text_stream, kSubtitleBase);
}

void MediaWriter::finish() {
  State& state = *state_;
  state.end_coding();
  if (state.audio) {
    state.audio->finish([&](AVPacket* packet) {
      state.muxer.write(packet, state.audio_stream, {1, kSampleRate});
    });
  }
  state.muxer.finish();
}

}  // namespace ogam
