#include "core/media/audio_writer.h"

extern "C" {
#include <libavutil/channel_layout.h>
}

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/ffmpeg_support.h"
#include "core/media/mono_resampler.h"
#include "core/media/muxer.h"

namespace ogam {

namespace fs = std::filesystem;

namespace {

constexpr int kPcmFrame = 4096;  // samples, for encoders that take any number
constexpr float kFullScale = 32767;

/// How sound is stored under an extension, by FFmpeg's names.
struct Format {
  const char* extension;
  const char* muxer;
  const char* encoder;
  AVSampleFormat samples;  // one that the encoder takes; with one channel, planes are no matter
  int bit_rate;            // 0 where nothing is lost
};
constexpr std::array kFormats = {
    Format{".wav", "wav", "pcm_s16le", AV_SAMPLE_FMT_S16, 0},
    Format{".flac", "flac", "flac", AV_SAMPLE_FMT_S16, 0},
    Format{".mp3", "mp3", "libmp3lame", AV_SAMPLE_FMT_FLTP, 96'000},
    Format{".ogg", "ogg", "libopus", AV_SAMPLE_FMT_FLT, 48'000},
    Format{".opus", "opus", "libopus", AV_SAMPLE_FMT_FLT, 48'000},
    Format{".m4a", "ipod", "aac", AV_SAMPLE_FMT_FLTP, 96'000},
};

const Format& format_of(const fs::path& path) {
  auto extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto found = std::find_if(kFormats.begin(), kFormats.end(), [&](const Format& format) {
    return extension == format.extension;
  });
  require(found != kFormats.end(), ErrorCode::invalid_argument,
          "{}: sound is not written with the extension '{}'; take one of {}", display_path(path),
          display_path(extension), fmt::join(AudioWriter::extensions(), " "));
  return *found;
}

/// The rate itself where the encoder takes it, else the next above it, else its highest.
int rate_for(const AVCodec& codec, int wanted) {
  if (codec.supported_samplerates == nullptr) {
    return wanted;
  }
  int above = 0;
  int highest = 0;
  for (const int* rate = codec.supported_samplerates; *rate != 0; ++rate) {
    if (*rate >= wanted && (above == 0 || *rate < above)) {
      above = *rate;
    }
    highest = std::max(highest, *rate);
  }
  return above != 0 ? above : highest;
}

}  // namespace

struct AudioWriter::State {
  fs::path path;
  ffmpeg::CodecContext encoder;
  std::optional<ffmpeg::Muxer> muxer;
  ffmpeg::Packet packet = ffmpeg::make_packet();
  std::unique_ptr<MonoResampler> resampler;
  std::vector<float> pending;  // less than a frame between calls
  std::int64_t encoded = 0;    // samples

  State(fs::path target, int sample_rate);

  void open_encoder(const Format& format, int sample_rate);
  void take(const std::vector<float>& samples);
  void encode(std::size_t count);
  void send(const AVFrame* frame);
  void check(int status, const char* what) const;
};

AudioWriter::State::State(fs::path target, int sample_rate) : path(std::move(target)) {
  const Format& format = format_of(path);
  open_encoder(format, sample_rate);
  muxer.emplace(path, format.muxer);
  const ffmpeg::Parameters parameters = ffmpeg::make_parameters(encoder.get());
  muxer->add_stream(*parameters, encoder->time_base);
  muxer->start({}, {});
}

void AudioWriter::State::check(int status, const char* what) const {
  require(status >= 0, ErrorCode::internal, "{}: {}: {}", display_path(path), what,
          ffmpeg::error_text(status));
}

void AudioWriter::State::open_encoder(const Format& format, int sample_rate) {
  require(sample_rate > 0, ErrorCode::invalid_argument, "sound of {} Hz cannot be written",
          sample_rate);
  const AVCodec* const codec = avcodec_find_encoder_by_name(format.encoder);
  require(codec != nullptr, ErrorCode::unsupported,
          "{}: this FFmpeg has no encoder '{}'; write a .wav file", display_path(path),
          format.encoder);
  encoder.reset(avcodec_alloc_context3(codec));
  if (!encoder) {
    throw std::bad_alloc();
  }
  encoder->sample_fmt = format.samples;
  encoder->sample_rate = rate_for(*codec, sample_rate);
  encoder->bit_rate = format.bit_rate;
  encoder->time_base = {1, encoder->sample_rate};
  av_channel_layout_default(&encoder->ch_layout, 1);
  encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  check(avcodec_open2(encoder.get(), codec, nullptr), "the encoder cannot be opened");
  resampler = std::make_unique<MonoResampler>(
      MonoResampler::Config{.from = sample_rate, .to = encoder->sample_rate});
}

void AudioWriter::State::take(const std::vector<float>& samples) {
  pending.insert(pending.end(), samples.begin(), samples.end());
  const auto frame =
      static_cast<std::size_t>(encoder->frame_size > 0 ? encoder->frame_size : kPcmFrame);
  while (pending.size() >= frame) {
    encode(frame);
  }
}

void AudioWriter::State::encode(std::size_t count) {
  const auto frame = ffmpeg::make_frame();
  frame->format = encoder->sample_fmt;
  frame->nb_samples = static_cast<int>(count);
  frame->sample_rate = encoder->sample_rate;
  frame->pts = encoded;
  if (av_channel_layout_copy(&frame->ch_layout, &encoder->ch_layout) < 0 ||
      av_frame_get_buffer(frame.get(), 0) < 0) {
    throw std::bad_alloc();
  }
  for (std::size_t i = 0; i < count; ++i) {
    const float sample = std::isnan(pending[i]) ? 0.0F : std::clamp(pending[i], -1.0F, 1.0F);
    if (encoder->sample_fmt == AV_SAMPLE_FMT_S16) {
      reinterpret_cast<std::int16_t*>(frame->data[0])[i] =
          static_cast<std::int16_t>(std::lround(sample * kFullScale));
    } else {
      reinterpret_cast<float*>(frame->data[0])[i] = sample;
    }
  }
  pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(count));
  encoded += static_cast<std::int64_t>(count);
  send(frame.get());
}

/// @param frame null at the end.
void AudioWriter::State::send(const AVFrame* frame) {
  check(avcodec_send_frame(encoder.get(), frame), "the sound cannot be encoded");
  for (;;) {
    const int status = avcodec_receive_packet(encoder.get(), packet.get());
    if (status == AVERROR(EAGAIN) || status == AVERROR_EOF) {
      return;
    }
    check(status, "the sound cannot be encoded");
    muxer->write(packet.get(), 0, encoder->time_base);
  }
}

std::vector<std::string> AudioWriter::extensions() {
  std::vector<std::string> names;
  names.reserve(kFormats.size());
  for (const Format& format : kFormats) {
    names.emplace_back(format.extension);
  }
  return names;
}

void AudioWriter::check_extension(const fs::path& path) { format_of(path); }

AudioWriter::AudioWriter(fs::path path, int sample_rate)
    : state_(std::make_unique<State>(std::move(path), sample_rate)) {}

AudioWriter::~AudioWriter() = default;

void AudioWriter::write(std::span<const float> samples) {
  state_->take(state_->resampler->push(samples));
}

void AudioWriter::finish() {
  auto& state = *state_;
  state.take(state.resampler->finish());
  if (!state.pending.empty()) {
    state.encode(state.pending.size());
  }
  state.send(nullptr);
  state.muxer->finish();
}

}  // namespace ogam
