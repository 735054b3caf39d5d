#include "core/media/video_track.h"

extern "C" {
#include <libavutil/mathematics.h>
}

#include <algorithm>
#include <memory>
#include <utility>

#include "core/base/files.h"

namespace ogam {

namespace {

// A group of pictures that is larger than this is decoded without waiting for its end.
constexpr std::size_t kMaxGroupBytes = std::size_t{32} << 20;
constexpr std::size_t kMaxGroupPackets = 1024;

/// Times that go back further than this have started anew.
constexpr Time kJump = 2 * kSecond;

/// Frames before the container's first time are not shown; a microsecond is rounding.
constexpr Time kRounding = 1;

/// Decoders that honour a request to leave out pictures which no other picture refers to.
bool can_skip_unreferenced(AVCodecID codec) {
  return codec == AV_CODEC_ID_H264 || codec == AV_CODEC_ID_MPEG1VIDEO ||
         codec == AV_CODEC_ID_MPEG2VIDEO || codec == AV_CODEC_ID_MPEG4;
}

}  // namespace

Orientation orientation_of(const AVStream& stream) {
  const std::uint8_t* const data =
      av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr);
  return data == nullptr
             ? Orientation{}
             : Orientation::from_display_matrix(reinterpret_cast<const std::int32_t*>(data));
}

VideoTrack::VideoTrack(std::filesystem::path path, const AVStream& stream, Time start,
                       const ReadOptions& options, ReadReport& report)
    : decoder_(std::move(path), stream, options.threads, options.limits, report),
      clock_(stream, start),
      orientation_(orientation_of(stream)),
      limits_(options.limits),
      report_(report) {
  if (options.frames.kind == FrameSelection::Kind::at_times) {
    wanted_.emplace(options.frames.times, options.frames.keyframe_tolerance);
  }
  const AVRational rate =
      stream.avg_frame_rate.num > 0 ? stream.avg_frame_rate : stream.r_frame_rate;
  step_ = rate.num > 0 && rate.den > 0 ? av_rescale(kSecond, rate.den, rate.num) : kSecond / 25;
}

std::optional<Time> VideoTrack::packet_time(const AVPacket& packet) const {
  return clock_.time(packet.pts);
}

bool VideoTrack::done() const { return wanted_ && wanted_->done() && ready_.empty(); }

void VideoTrack::push(ffmpeg::Packet packet) {
  if (!wanted_) {
    decode(packet.get());
    return;
  }
  const bool key = (packet->flags & AV_PKT_FLAG_KEY) != 0;
  const std::optional<Time> time = packet_time(*packet);
  const bool anew = key && time && !group_.empty() && *time <= *packet_time(*group_.front());
  if (!decode_all_ && (!time || anew)) {
    // Without times that ascend nothing can be planned: from here on everything is decoded.
    if (!group_.empty()) {
      close_group(std::nullopt, false);
    } else {
      wanted_->plan(0, std::nullopt, false);
    }
    decode_all_ = true;
  }
  if (decode_all_) {
    decode(packet.get());
    return;
  }
  if (key && !group_.empty()) {
    close_group(time, true);
    mid_group_ = false;
  } else if (group_bytes_ > kMaxGroupBytes || group_.size() >= kMaxGroupPackets) {
    const std::optional<Time> decoded_up_to = clock_.time(packet->dts);
    close_group(decoded_up_to ? decoded_up_to : packet_time(*group_.front()), false);
    mid_group_ = true;
  }
  group_bytes_ += static_cast<std::size_t>(packet->size);
  group_.push_back(std::move(packet));
}

/// Decides what of the packets at hand is decoded, decodes it, and forgets them.
///
/// @param end where the next packets start; nothing at the end of the stream.
void VideoTrack::close_group(std::optional<Time> end, bool end_is_key) {
  if (group_.empty()) {
    return;
  }
  const Time key = *packet_time(*group_.front());
  WantedTimes::Plan plan = wanted_->plan(key, end, end_is_key);
  // Times before the first picture that can be decoded are served by it.
  plan.keyframe = plan.keyframe || (!last_time_ && wanted_->overdue(key));
  std::optional<Time> until = plan.until;
  if (open_until_) {
    until =
        std::max({until.value_or(*open_until_), *open_until_, plan.keyframe ? key : *open_until_});
  }
  if (mid_group_ || !end_is_key) {
    // A part of a group: what follows refers to it, so all of it is decoded.
    for (const ffmpeg::Packet& packet : group_) {
      if (contiguous_ || mid_group_ || packet_time(*packet) >= key) {
        decode(packet.get());
      }
    }
    contiguous_ = true;
    open_until_ = until;
  } else if (until) {
    decode_group(*until, end);
  } else {
    contiguous_ = false;
    if (plan.keyframe) {
      drain();
      decode(group_.front().get());
    }
    drain();
  }
  group_.clear();
  group_bytes_ = 0;
}

/// Decodes what is needed to show the group's frames up to `until`.
void VideoTrack::decode_group(Time until, std::optional<Time> end) {
  std::vector<Time> times;
  for (const ffmpeg::Packet& packet : group_) {
    times.push_back(*packet_time(*packet));
  }
  const Time key = times.front();
  std::vector<Time> sorted = times;
  std::sort(sorted.begin(), sorted.end());
  const bool can_skip = can_skip_unreferenced(decoder_.context().codec_id);
  const bool follows = contiguous_;
  std::size_t i = 0;
  for (; i < group_.size(); ++i) {
    // Frames are shown no earlier than they are decoded.
    const std::optional<Time> decoded = clock_.time(group_[i]->dts);
    if (decoded && *decoded > until) {
      break;
    }
    if (!follows && times[i] < key) {
      continue;  // refers to the group before, which was left out
    }
    const auto next = std::upper_bound(sorted.begin(), sorted.end(), times[i]);
    const bool needed =
        wanted_->wants(times[i], next == sorted.end() ? end : std::optional<Time>(*next));
    decoder_.context().skip_frame = can_skip && !needed ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
    decode(group_[i].get());
  }
  decoder_.context().skip_frame = AVDISCARD_DEFAULT;
  contiguous_ = i == group_.size();
  open_until_ = contiguous_ ? std::optional<Time>(until) : std::nullopt;
  if (!contiguous_) {
    drain();
  }
}

void VideoTrack::decode(const AVPacket* packet) {
  fed_ = true;
  decoder_.decode(packet, [this](ffmpeg::Frame frame) { accept(std::move(frame)); });
}

void VideoTrack::drain() {
  if (fed_) {
    decode(nullptr);
    decoder_.reset();
    fed_ = false;
  }
}

void VideoTrack::finish() {
  if (wanted_ && !decode_all_) {
    close_group(std::nullopt, true);
  }
  drain();
  if (held_ && wanted_->take(std::nullopt)) {
    ready_.push_back(std::move(*held_));
  }
  held_.reset();
}

/// The time of the next frame: the one it is stored with, if that can be.
///
/// Note: [Times that cannot be]
/// A frame without a time follows the one before at the last distance. One that is stored with the
/// time of the frame before, or a little earlier, comes right after it. When times start anew, as
/// in recordings that were joined byte by byte, they go on from where they were. All of these are
/// counted.
Time VideoTrack::settle_time(std::optional<Time> stored) {
  if (!last_time_) {
    report_.missing_times += stored ? 0 : 1;
    return std::max<Time>(stored.value_or(0), 0);
  }
  const Time last = *last_time_;
  if (stored && *stored <= last) {
    stored = *stored + shift_;
  } else {
    shift_ = 0;
  }
  if (stored && *stored > last && *stored <= limits_.max_duration) {
    step_ = *stored - last;
    return *stored;
  }
  ++report_.missing_times;
  if (stored && *stored <= last && *stored > last - kJump) {
    return last + 1;
  }
  const Time next = last + std::max<Time>(step_, 1);
  if (stored && *stored <= last) {
    shift_ += next - *stored;
  }
  return next;
}

/// Gives a decoded frame its time, and keeps it if it is wanted.
void VideoTrack::accept(ffmpeg::Frame frame) {
  ++report_.frames;
  const std::optional<Time> stored = clock_.time(frame->best_effort_timestamp);
  if (stored && *stored < -kRounding) {
    return;
  }
  const Time time = settle_time(stored);
  require(time <= limits_.max_duration, ErrorCode::resource_exhausted,
          "the video lasts longer than the limit of {:.0f} s", to_seconds(limits_.max_duration));
  last_time_ = time;
  const bool keyframe = frame->key_frame != 0;
  auto state = std::make_shared<VideoFrame::State>(VideoFrame::State{
      .frame = std::move(frame), .time = time, .keyframe = keyframe, .orientation = orientation_});
  VideoFrame shown(std::move(state));
  if (!wanted_) {
    ready_.push_back(std::move(shown));
    return;
  }
  if (held_ && wanted_->take(time)) {
    ready_.push_back(std::move(*held_));
  }
  held_ = std::move(shown);
}

std::optional<VideoFrame> VideoTrack::take() {
  if (ready_.empty()) {
    return std::nullopt;
  }
  VideoFrame frame = std::move(ready_.front());
  ready_.pop_front();
  return frame;
}

}  // namespace ogam
