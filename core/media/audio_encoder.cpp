#include "core/media/audio_encoder.h"

extern "C" {
#include <libavutil/channel_layout.h>
}

#include <algorithm>
#include <new>

namespace ogam::ffmpeg {

AudioEncoder::AudioEncoder(const AudioEncoding& encoding, bool global_headers)
    : frame_(make_frame()) {
  const AVCodec* const codec = avcodec_find_encoder_by_name(encoding.codec);
  require(codec != nullptr, ErrorCode::unsupported, "this FFmpeg has no encoder '{}'",
          encoding.codec);
  context_.reset(avcodec_alloc_context3(codec));
  if (!context_) {
    throw std::bad_alloc();
  }
  AVCodecContext& context = *context_;
  context.sample_fmt = AV_SAMPLE_FMT_FLTP;
  context.sample_rate = encoding.sample_rate;
  context.bit_rate = encoding.bit_rate;
  context.time_base = {1, encoding.sample_rate};
  av_channel_layout_default(&context.ch_layout, encoding.channels);
  if (global_headers) {
    context.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  }
  const int status = avcodec_open2(&context, codec, nullptr);
  require(status >= 0, ErrorCode::unsupported, "'{}' cannot code {} channels at {} Hz: {}",
          encoding.codec, encoding.channels, encoding.sample_rate, error_text(status));
}

void AudioEncoder::encode(std::span<const float> samples, const TakePacket& take) {
  pending_.insert(pending_.end(), samples.begin(), samples.end());
  const auto frame = static_cast<std::size_t>(context_->frame_size) *
                     static_cast<std::size_t>(context_->ch_layout.nb_channels);
  while (pending_.size() >= frame) {
    encode_pending(context_->frame_size, take);
  }
}

void AudioEncoder::finish(const TakePacket& take) {
  const int left = static_cast<int>(pending_.size()) / context_->ch_layout.nb_channels;
  if (left > 0) {
    encode_pending(left, take);
  }
  encode_frame(*context_, nullptr, take);
}

void AudioEncoder::encode_pending(int count, const TakePacket& take) {
  const int channels = context_->ch_layout.nb_channels;
  av_frame_unref(frame_.get());
  frame_->format = context_->sample_fmt;
  frame_->nb_samples = count;
  frame_->sample_rate = context_->sample_rate;
  frame_->pts = encoded_;
  if (av_channel_layout_copy(&frame_->ch_layout, &context_->ch_layout) < 0 ||
      av_frame_get_buffer(frame_.get(), 0) < 0) {
    throw std::bad_alloc();
  }
  for (int channel = 0; channel < channels; ++channel) {
    float* const plane = reinterpret_cast<float*>(frame_->extended_data[channel]);
    for (int i = 0; i < count; ++i) {
      // Full scale is 1; coded beyond it, sound wraps in some players.
      plane[i] =
          std::clamp(pending_[static_cast<std::size_t>(i * channels + channel)], -1.0F, 1.0F);
    }
  }
  pending_.erase(pending_.begin(),
                 pending_.begin() + static_cast<std::ptrdiff_t>(count) * channels);
  encoded_ += count;
  encode_frame(*context_, frame_.get(), take);
}

}  // namespace ogam::ffmpeg
