#include "core/media/packet_decoder.h"

extern "C" {
#include <libavutil/mathematics.h>
}

#include <algorithm>
#include <utility>

#include "core/base/files.h"

namespace ogam {

PacketDecoder::PacketDecoder(std::filesystem::path path, const AVStream& stream, int threads,
                             const MediaLimits& limits, ReadReport& report)
    : path_(std::move(path)),
      limits_(limits),
      report_(report),
      context_(ffmpeg::open_decoder(stream, threads, limits)) {}

void PacketDecoder::send(const AVPacket* packet) {
  failed_ = packet != nullptr && (packet->flags & AV_PKT_FLAG_CORRUPT) != 0;
  progress_ = false;
  packets_ += packet != nullptr ? 1 : 0;
  const int status = avcodec_send_packet(context_.get(), packet);
  const bool was_at_end = packet == nullptr && status == AVERROR_EOF;
  if (status < 0 && !was_at_end) {
    note_failure(status);
  }
}

ffmpeg::Frame PacketDecoder::receive() {
  ffmpeg::Frame frame = ffmpeg::make_frame();
  for (;;) {
    const int status = avcodec_receive_frame(context_.get(), frame.get());
    if (status == AVERROR(EAGAIN) || status == AVERROR_EOF) {
      return nullptr;
    }
    if (status < 0) {
      note_failure(status);
      return nullptr;
    }
    ++frames_;
    progress_ = true;
    failed_ =
        failed_ || (frame->flags & AV_FRAME_FLAG_CORRUPT) != 0 || frame->decode_error_flags != 0;
    if (frame->width > 0) {
      ffmpeg::check_dimensions(path_, frame->width, frame->height, limits_);
    }
    if ((frame->flags & AV_FRAME_FLAG_DISCARD) == 0) {
      return frame;
    }
    av_frame_unref(frame.get());
  }
}

void PacketDecoder::finish_packet() {
  if (progress_) {
    failures_in_a_row_ = 0;
  }
  if (!failed_) {
    return;
  }
  ++report_.corrupt_packets;
  if (!progress_) {
    ++failures_in_a_row_;
  }
  require(failures_in_a_row_ < limits_.max_consecutive_errors, ErrorCode::corrupt_data,
          "{}: {} packets in a row could not be decoded as '{}'; the file is damaged",
          display_path(path_), failures_in_a_row_, context_->codec->name);
}

void PacketDecoder::note_failure(int status) {
  require(status != AVERROR(ENOMEM), ErrorCode::resource_exhausted,
          "{}: decoding '{}' asks for more memory than there is, or than one frame may take",
          display_path(path_), context_->codec->name);
  failed_ = true;
}

std::optional<Time> StreamClock::time(std::int64_t timestamp) const {
  if (timestamp == AV_NOPTS_VALUE) {
    return std::nullopt;
  }
  const std::int64_t time = av_rescale_q(timestamp, base_, AV_TIME_BASE_Q);
  if (time > kEdge || time < -kEdge) {
    return std::nullopt;
  }
  return time - start_;
}

Time StreamClock::duration(std::int64_t ticks) const {
  const Time time = ticks > 0 ? av_rescale_q(ticks, base_, AV_TIME_BASE_Q) : 0;
  return std::clamp<Time>(time, 0, kEdge);
}

}  // namespace ogam
