#include "core/media/audio_resampler.h"

extern "C" {
#include <libavutil/channel_layout.h>
#include <libavutil/mathematics.h>
#include <libavutil/opt.h>
#include <libavutil/samplefmt.h>
}

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <utility>

namespace ogam {

namespace {

// Note: [Audio clock]
// Containers round times (Matroska and Flash to a millisecond), so a frame's time differs a little
// from where the samples before it end. A difference up to this one is such rounding and is
// ignored; since it is always taken against the samples counted from the start, it cannot add up. A
// larger one is a gap or an overlap.
constexpr Time kTolerance = 25'000;
/// Times that jump back further than this are wrong, not an overlap: dropping what they claim to
/// repeat would lose sound.
constexpr Time kMaxOverlap = 2 * kSecond;
/// Full scale is 1; what is louder than this is no sound.
constexpr float kLoudest = 1000;
constexpr int kMinRate = 1000;
constexpr int kMaxRate = 768'000;
constexpr int kMaxChannels = 64;

}  // namespace

AudioResampler::AudioResampler(const ReadOptions& options, ReadReport& report)
    : sample_rate_(options.sample_rate),
      channels_(options.channels),
      max_samples_(av_rescale(options.limits.max_duration, options.sample_rate, kSecond)),
      report_(report) {
  require(sample_rate_ >= kMinRate && sample_rate_ <= kMaxRate, ErrorCode::invalid_argument,
          "audio is resampled to {} to {} Hz, not {}", kMinRate, kMaxRate, sample_rate_);
  require(channels_ == 1 || channels_ == 2, ErrorCode::invalid_argument,
          "audio is mixed to 1 or 2 channels, not {}", channels_);
}

AudioResampler::~AudioResampler() { av_channel_layout_uninit(&layout_); }

std::int64_t AudioResampler::segment_end() const {
  return resampler_ ? segment_start_ + av_rescale(segment_input_, sample_rate_, input_rate_)
                    : produced_;
}

/// How far behind the end of what came before a frame starts, in output samples; negative where it
/// overlaps.
///
/// Note: [Sound whose times start anew]
/// In recordings that were joined byte by byte times start anew. They go on from where they were,
/// and so do those that follow, so that gaps after the join stay gaps; a time that fits as it is
/// stored ends this. A time beyond the limit is wrong, too, and no reason to give up the file.
std::int64_t AudioResampler::settle_drift(Time time) {
  const std::int64_t end = segment_end();
  const std::int64_t stored = av_rescale(time, sample_rate_, kSecond) - end;
  const std::int64_t shifted = stored + shift_;
  const auto fits = [&](std::int64_t drift) {
    return drift >= -av_rescale(kMaxOverlap, sample_rate_, kSecond) && drift <= max_samples_ - end;
  };
  const bool shifted_fits = shift_ != 0 && fits(shifted);
  if (fits(stored) && (!shifted_fits || std::abs(stored) <= std::abs(shifted))) {
    shift_ = 0;
    return stored;
  }
  if (shifted_fits) {
    return shifted;
  }
  ++report_.missing_times;
  shift_ = -stored;
  return 0;
}

void AudioResampler::push(const AVFrame& frame, std::optional<Time> time) {
  require(frame.sample_rate >= kMinRate && frame.sample_rate <= kMaxRate &&
              frame.ch_layout.nb_channels >= 1 && frame.ch_layout.nb_channels <= kMaxChannels,
          ErrorCode::unsupported, "audio of {} Hz and {} channels is not read", frame.sample_rate,
          frame.ch_layout.nb_channels);
  if (resampler_ && (frame.sample_rate != input_rate_ || frame.format != input_format_ ||
                     av_channel_layout_compare(&frame.ch_layout, &layout_) != 0)) {
    end_segment();
  }
  int skipped = 0;
  if (time) {
    const bool first = produced_ == 0 && !resampler_;
    const std::int64_t drift = settle_drift(*time);
    const std::int64_t tolerance = first ? 0 : av_rescale(kTolerance, sample_rate_, kSecond);
    if (drift > tolerance) {
      end_segment();
      add_silence(drift);
    } else if (drift < -tolerance) {
      skipped = static_cast<int>(std::min<std::int64_t>(
          av_rescale(-drift, frame.sample_rate, sample_rate_), frame.nb_samples));
    }
  }
  if (skipped == frame.nb_samples) {
    return;
  }
  if (!resampler_) {
    start_segment(frame);
  }
  convert(&frame, skipped);
  require(produced_ <= max_samples_, ErrorCode::resource_exhausted,
          "the audio lasts longer than the limit of {:.0f} s",
          static_cast<double>(max_samples_) / sample_rate_);
}

void AudioResampler::start_segment(const AVFrame& frame) {
  AVChannelLayout to{};  // one of FFmpeg's own, which holds no memory
  av_channel_layout_default(&to, channels_);
  AVChannelLayout from{};
  if (frame.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) {
    av_channel_layout_default(&from, frame.ch_layout.nb_channels);
  } else {
    av_channel_layout_copy(&from, &frame.ch_layout);
  }
  SwrContext* context = nullptr;
  int status =
      swr_alloc_set_opts2(&context, &to, AV_SAMPLE_FMT_FLT, sample_rate_, &from,
                          static_cast<AVSampleFormat>(frame.format), frame.sample_rate, 0, nullptr);
  av_channel_layout_uninit(&from);
  resampler_.reset(context);
  if (status >= 0 && channels_ == 2 && frame.ch_layout.nb_channels == 1) {
    // FFmpeg divides one channel's power between the two; it is to be as loud as it was.
    status = av_opt_set_double(context, "rematrix_volume", std::numbers::sqrt2, 0);
  }
  if (status >= 0) {
    status = swr_init(context);
  }
  if (status < 0) {
    resampler_.reset();
    fail(ErrorCode::unsupported, "audio of {} channels at {} Hz cannot be mixed to {}: {}",
         frame.ch_layout.nb_channels, frame.sample_rate, channels_, ffmpeg::error_text(status));
  }
  av_channel_layout_copy(&layout_, &frame.ch_layout);
  input_rate_ = frame.sample_rate;
  input_format_ = frame.format;
  segment_start_ = produced_;
  segment_input_ = 0;
}

void AudioResampler::end_segment() {
  if (!resampler_) {
    return;
  }
  const std::int64_t end = segment_end();
  convert(nullptr, 0);
  resampler_.reset();
  // The filter's tail may be a sample or two off; the segment ends exactly where its input ended.
  std::vector<float>& samples = silence_ > 0 ? after_silence_ : samples_;
  const std::int64_t size =
      static_cast<std::int64_t>(samples.size()) + (end - produced_) * channels_;
  samples.resize(static_cast<std::size_t>(std::max<std::int64_t>(size, 0)));
  produced_ = end;
}

void AudioResampler::add_silence(std::int64_t samples) {
  require(produced_ + samples <= max_samples_, ErrorCode::resource_exhausted,
          "the audio lasts longer than the limit of {:.0f} s",
          static_cast<double>(max_samples_) / sample_rate_);
  require(silence_ == 0, ErrorCode::internal, "audio was pushed before the chunks were taken");
  silence_ = samples;
  produced_ += samples;
  report_.filled_audio += av_rescale(samples, kSecond, sample_rate_);
}

void AudioResampler::convert(const AVFrame* frame, int skipped) {
  const int given = frame == nullptr ? 0 : frame->nb_samples - skipped;
  // The planes start `skipped` samples later: an overlap is not heard twice.
  std::array<const std::uint8_t*, kMaxChannels> planes{};
  if (frame != nullptr) {
    const auto format = static_cast<AVSampleFormat>(frame->format);
    const bool planar = av_sample_fmt_is_planar(format) != 0;
    const int given_channels = frame->ch_layout.nb_channels;
    const int stride = av_get_bytes_per_sample(format) * (planar ? 1 : given_channels);
    for (int i = 0; i < (planar ? given_channels : 1); ++i) {
      planes[static_cast<std::size_t>(i)] =
          frame->extended_data[i] + static_cast<std::ptrdiff_t>(skipped) * stride;
    }
  }
  std::vector<float>& samples = silence_ > 0 ? after_silence_ : samples_;
  const int room = swr_get_out_samples(resampler_.get(), given);
  require(room >= 0, ErrorCode::internal, "the resampler failed: {}", ffmpeg::error_text(room));
  const auto channels = static_cast<std::size_t>(channels_);
  const std::size_t before = samples.size();
  samples.resize(before + static_cast<std::size_t>(room) * channels);
  std::uint8_t* target = reinterpret_cast<std::uint8_t*>(samples.data() + before);
  const int count = swr_convert(resampler_.get(), &target, room,
                                frame == nullptr ? nullptr : planes.data(), given);
  require(count >= 0, ErrorCode::internal, "the resampler failed: {}", ffmpeg::error_text(count));
  samples.resize(before + static_cast<std::size_t>(count) * channels);
  silence_damaged(std::span(samples).subspan(before));
  produced_ += count;
  segment_input_ += given;
}

/// One damaged sample would otherwise poison whatever model hears it.
void AudioResampler::silence_damaged(std::span<float> samples) {
  for (float& sample : samples) {
    if (!(std::abs(sample) <= kLoudest)) {  // a NaN compares as not
      sample = 0;
      ++report_.silenced_samples;
    }
  }
}

void AudioResampler::finish() {
  end_segment();
  finished_ = true;
}

std::optional<AudioChunk> AudioResampler::take() {
  const auto channels = static_cast<std::size_t>(channels_);
  const std::size_t second = static_cast<std::size_t>(sample_rate_) * channels;
  if (silence_ > 0 && samples_.size() < second) {
    const std::size_t count =
        std::min(static_cast<std::size_t>(silence_), (second - samples_.size()) / channels);
    samples_.resize(samples_.size() + count * channels);
    silence_ -= static_cast<std::int64_t>(count);
    if (silence_ == 0) {
      samples_.insert(samples_.end(), after_silence_.begin(), after_silence_.end());
      after_silence_.clear();
    }
  }
  if (samples_.empty() || (samples_.size() < second && !finished_)) {
    return std::nullopt;
  }
  AudioChunk chunk{.time = av_rescale(taken_, kSecond, sample_rate_),
                   .samples = std::move(samples_)};
  taken_ += static_cast<std::int64_t>(chunk.samples.size() / channels);
  samples_.clear();
  samples_.reserve(second + second / 4);
  return chunk;
}

}  // namespace ogam
