#include "core/media/video_encoder.h"

extern "C" {
#include <libavutil/opt.h>
}

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <new>

namespace ogam::ffmpeg {

namespace {

constexpr double kKeyframeSeconds = 2;  // players can enter a video there

const char* profile_name(int profile) {
  switch (profile) {
    case FF_PROFILE_H264_BASELINE:
    case FF_PROFILE_H264_CONSTRAINED_BASELINE:
      return "baseline";
    case FF_PROFILE_H264_MAIN:
      return "main";
    default:
      return "high";
  }
}

}  // namespace

std::array<int, 4> color_tags(ColorMatrix matrix) {
  if (matrix == ColorMatrix::bt709) {
    return {AVCOL_PRI_BT709, AVCOL_TRC_BT709, AVCOL_SPC_BT709, AVCOL_RANGE_MPEG};
  }
  return {AVCOL_PRI_SMPTE170M, AVCOL_TRC_SMPTE170M, AVCOL_SPC_SMPTE170M, AVCOL_RANGE_MPEG};
}

VideoEncoder::VideoEncoder(const VideoEncoding& encoding, bool global_headers)
    : frame_(make_frame()) {
  const AVCodec* const codec = avcodec_find_encoder_by_name("libx264");
  require(codec != nullptr, ErrorCode::unsupported,
          "this FFmpeg cannot write H.264 (libx264); install Debian's libavcodec59");
  context_.reset(avcodec_alloc_context3(codec));
  if (!context_) {
    throw std::bad_alloc();
  }
  AVCodecContext& context = *context_;
  context.width = encoding.size.width;
  context.height = encoding.size.height;
  context.pix_fmt = AV_PIX_FMT_YUV420P;
  context.sample_aspect_ratio = {1, 1};
  context.time_base = {encoding.rate.den, encoding.rate.num};
  context.framerate = {encoding.rate.num, encoding.rate.den};
  context.gop_size =
      std::max(1, static_cast<int>(std::lround(encoding.rate.value() * kKeyframeSeconds)));
  context.color_primaries = static_cast<AVColorPrimaries>(encoding.color[0]);
  context.color_trc = static_cast<AVColorTransferCharacteristic>(encoding.color[1]);
  context.colorspace = static_cast<AVColorSpace>(encoding.color[2]);
  context.color_range = static_cast<AVColorRange>(encoding.color[3]);
  context.thread_count = std::max(1, encoding.threads);
  if (global_headers) {
    context.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  }
  const std::string own = fmt::format("sps-id={}:open-gop=0", encoding.parameter_set_id);
  av_opt_set(context.priv_data, "preset", "fast", 0);
  av_opt_set(context.priv_data, "profile", profile_name(encoding.profile), 0);
  av_opt_set_double(context.priv_data, "crf", encoding.quality, 0);
  av_opt_set(context.priv_data, "x264-params", own.c_str(), 0);
  const int status = avcodec_open2(&context, codec, nullptr);
  require(status >= 0, ErrorCode::unsupported, "x264 cannot code pictures of {} x {}: {}",
          encoding.size.width, encoding.size.height, error_text(status));
}

void VideoEncoder::encode(const Picture& picture, std::int64_t number, const TakePacket& take) {
  AVCodecContext& context = *context_;
  require(picture.size == Size{context.width, context.height}, ErrorCode::invalid_argument,
          "a video of {} x {} cannot take a picture of {} x {}", context.width, context.height,
          picture.size.width, picture.size.height);
  av_frame_unref(frame_.get());
  frame_->format = context.pix_fmt;
  frame_->width = context.width;
  frame_->height = context.height;
  frame_->pts = number;
  if (av_frame_get_buffer(frame_.get(), 0) < 0) {
    throw std::bad_alloc();
  }
  for (std::size_t i = 0; i < picture.planes.size(); ++i) {
    const Size plane = picture.plane_size(i);
    for (int row = 0; row < plane.height; ++row) {
      std::copy_n(picture.planes[i].begin() + static_cast<std::ptrdiff_t>(row) * plane.width,
                  plane.width,
                  frame_->data[i] + static_cast<std::ptrdiff_t>(row) * frame_->linesize[i]);
    }
  }
  encode_frame(context, frame_.get(), take);
}

void VideoEncoder::finish(const TakePacket& take) { encode_frame(*context_, nullptr, take); }

void encode_frame(AVCodecContext& context, const AVFrame* frame, const TakePacket& take) {
  int status = avcodec_send_frame(&context, frame);
  const Packet packet = make_packet();
  while (status >= 0) {
    status = avcodec_receive_packet(&context, packet.get());
    if (status >= 0) {
      take(packet.get());
      av_packet_unref(packet.get());
    }
  }
  require(status == AVERROR(EAGAIN) || status == AVERROR_EOF, ErrorCode::internal,
          "the encoder '{}' failed: {}", context.codec->name, error_text(status));
}

}  // namespace ogam::ffmpeg
