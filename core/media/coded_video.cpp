#include "core/media/coded_video.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/base/files.h"
#include "core/media/ffmpeg_support.h"
#include "core/media/h264_units.h"
#include "core/media/packet_decoder.h"
#include "core/media/reader.h"
#include "core/media/video_track.h"

namespace ogam {

namespace {

namespace fs = std::filesystem;

h264::Bytes content(const AVPacket& packet) {
  return {packet.data, static_cast<std::size_t>(std::max(packet.size, 0))};
}

bool known_profile(int profile) {
  return profile == FF_PROFILE_H264_BASELINE || profile == FF_PROFILE_H264_CONSTRAINED_BASELINE ||
         profile == FF_PROFILE_H264_MAIN || profile == FF_PROFILE_H264_HIGH;
}

/// Nothing for a matrix that new pictures are not made with.
std::optional<ColorMatrix> matrix_of(const AVCodecParameters& parameters) {
  switch (parameters.color_space) {
    case AVCOL_SPC_UNSPECIFIED:
      return usual_matrix({parameters.width, parameters.height});
    case AVCOL_SPC_BT709:
      return ColorMatrix::bt709;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
      return ColorMatrix::bt601;
    default:
      return std::nullopt;
  }
}

/// Why a stream's pictures cannot stand beside newly coded ones; empty when they can.
std::string find_obstacle(const AVStream& stream, const VideoStreamInfo& info) {
  const AVCodecParameters& parameters = *stream.codecpar;
  if (parameters.codec_id != AV_CODEC_ID_H264) {
    return fmt::format("it is coded as {}, not as h264", info.codec);
  }
  if (parameters.format != AV_PIX_FMT_YUV420P || !known_profile(parameters.profile)) {
    return "its H.264 profile is not one that plays everywhere";
  }
  if (info.rotation != 0 || info.shown != info.size || info.size.width % 2 != 0 ||
      info.size.height % 2 != 0) {
    return "its pictures have to be turned or scaled";
  }
  if (!matrix_of(parameters) || parameters.color_range == AVCOL_RANGE_JPEG) {
    return "its colours are of another kind";
  }
  if (parameters.field_order != AV_FIELD_PROGRESSIVE &&
      parameters.field_order != AV_FIELD_UNKNOWN) {
    return "it is interlaced";
  }
  return "";
}

/// The smallest number that is free in both kinds of parameter sets.
std::optional<int> find_free_id(const std::vector<std::string>& sets) {
  constexpr int kIds = 32;
  std::array<bool, kIds> used{};
  for (const std::string& set : sets) {
    const std::optional<int> id = h264::set_id(h264::bytes_of(set));
    if (!id) {
      return std::nullopt;
    }
    if (*id >= 0 && *id < kIds) {
      used[static_cast<std::size_t>(*id)] = true;
    }
  }
  const auto* const found = std::find(used.begin(), used.end(), false);
  return found == used.end() ? std::nullopt : std::optional(static_cast<int>(found - used.begin()));
}

/// Opens a file so that the next packet of its video is that of the last keyframe at or before
/// `time`.
std::unique_ptr<ffmpeg::Input> open_at(const fs::path& path, const MediaInfo& info, Time time,
                                       const MediaLimits& limits) {
  auto input = std::make_unique<ffmpeg::Input>(path, limits);
  if (time > 0 && !ffmpeg::enter_at(*input, info.video->stream, info.start + time)) {
    input = std::make_unique<ffmpeg::Input>(path, limits);
  }
  return input;
}

}  // namespace

struct CodedVideo::State {
  fs::path path;
  TimeSpan span;
  MediaLimits limits;
  MediaInfo info;
  std::vector<CodedFrame> frames;
  std::optional<CodedFormat> format;
  std::string obstacle;
  h264::Headers headers;

  void read_format(const AVStream& stream);
  bool add(const AVPacket& packet, const StreamClock& clock);
  void look_for_change(const AVPacket& packet);
  void find_entries();
};

void CodedVideo::State::read_format(const AVStream& stream) {
  const AVCodecParameters& parameters = *stream.codecpar;
  obstacle = find_obstacle(stream, *info.video);
  if (!obstacle.empty()) {
    return;
  }
  const auto found = h264::read_headers(
      {parameters.extradata, static_cast<std::size_t>(std::max(parameters.extradata_size, 0))});
  const std::optional<int> free = found ? find_free_id(found->sets) : std::nullopt;
  if (!free || found->sets.empty()) {
    obstacle = "its headers cannot be read";
    return;
  }
  headers = *found;
  format = CodedFormat{.size = info.video->size,
                       .profile = parameters.profile,
                       .color = {parameters.color_primaries, parameters.color_trc,
                                 parameters.color_space, parameters.color_range},
                       .matrix = *matrix_of(parameters),
                       .headers = {},
                       .free_id = *free};
  for (const std::string& set : headers.sets) {
    h264::append_unit(format->headers, h264::bytes_of(set));
  }
}

/// Headers among the pictures must be those that are known.
void CodedVideo::State::look_for_change(const AVPacket& packet) {
  const auto units = h264::split_units(content(packet), headers.length_bytes);
  const bool same = units && std::ranges::all_of(*units, [&](h264::Bytes unit) {
                      const int type = h264::unit_type(unit);
                      return (type != h264::kSequenceSet && type != h264::kPictureSet) ||
                             std::ranges::any_of(headers.sets, [&](const std::string& set) {
                               return std::ranges::equal(h264::bytes_of(set), unit);
                             });
                    });
  if (!same || (packet.flags & AV_PKT_FLAG_CORRUPT) != 0) {
    format.reset();
    obstacle = units ? "its coding changes on the way" : "it is damaged";
  }
}

/// Takes the next packet of the video.
/// @return whether more are wanted.
bool CodedVideo::State::add(const AVPacket& packet, const StreamClock& clock) {
  const std::optional<Time> time = clock.time(packet.pts);
  const std::optional<Time> decoded = clock.time(packet.dts);
  const bool key = (packet.flags & AV_PKT_FLAG_KEY) != 0;
  if (frames.empty() && !key) {
    return true;  // belongs to pictures before
  }
  if (!time) {
    frames.clear();
    format.reset();
    obstacle = "its pictures are stored without times";
    return false;
  }
  if (format) {
    look_for_change(packet);
  }
  bool idr = false;
  if (format && key) {
    const auto units = h264::split_units(content(packet), headers.length_bytes);
    for (const h264::Bytes unit : units.value()) {
      idr = idr || h264::unit_type(unit) == h264::kIdrSlice;
    }
  }
  if ((packet.flags & AV_PKT_FLAG_DISCARD) != 0 && *time >= span.start) {
    format.reset();
    obstacle = "parts of it are hidden by an edit list";
  }
  frames.push_back({.time = *time, .entry = idr});
  // What is shown before the span's end is decoded before it. Matroska tells no decoding times of
  // the first pictures.
  return !decoded || *decoded < span.end;
}

/// Takes `entry` away from pictures that others are shown across.
void CodedVideo::State::find_entries() {
  Time latest = std::numeric_limits<Time>::min();
  for (CodedFrame& frame : frames) {
    frame.entry = frame.entry && latest < frame.time;
    latest = std::max(latest, frame.time);
  }
  Time earliest = std::numeric_limits<Time>::max();
  for (auto frame = frames.rbegin(); frame != frames.rend(); ++frame) {
    frame->entry = frame->entry && frame->time < earliest;
    earliest = std::min(earliest, frame->time);
  }
}

CodedVideo::CodedVideo(const fs::path& path, const TimeSpan& span, const MediaLimits& limits)
    : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.path = path;
  state.span = span;
  state.limits = limits;
  state.info = probe_media(path, limits);
  require(state.info.video.has_value(), ErrorCode::unsupported, "{} has no video",
          display_path(path));
  const auto input = open_at(path, state.info, span.start, limits);
  const int index = state.info.video->stream;
  const AVStream& stream = *(*input)->streams[index];
  state.read_format(stream);
  const StreamClock clock(stream, state.info.start);
  const ffmpeg::Packet packet = ffmpeg::make_packet();
  bool more = true;
  while (more && input->read(packet.get())) {
    if (packet->stream_index == index) {
      more = state.add(*packet, clock);
    }
    av_packet_unref(packet.get());
  }
  state.find_entries();
}

CodedVideo::~CodedVideo() = default;
CodedVideo::CodedVideo(CodedVideo&&) noexcept = default;
CodedVideo& CodedVideo::operator=(CodedVideo&&) noexcept = default;

const std::vector<CodedFrame>& CodedVideo::frames() const { return state_->frames; }
const std::optional<CodedFormat>& CodedVideo::format() const { return state_->format; }
const std::string& CodedVideo::obstacle() const { return state_->obstacle; }

std::vector<Time> CodedVideo::shown_times() const {
  std::vector<Time> times;
  times.reserve(state_->frames.size());
  for (const CodedFrame& frame : state_->frames) {
    times.push_back(frame.time);
  }
  std::ranges::sort(times);
  return times;
}

void CodedVideo::read(std::size_t first, std::size_t last, const TakeFrame& take) const {
  const State& state = *state_;
  require(state.format && first <= last && last <= state.frames.size(), ErrorCode::invalid_argument,
          "pictures {} to {} of {} cannot be read", first, last, state.frames.size());
  const auto input = open_at(state.path, state.info, state.span.start, state.limits);
  const int index = state.info.video->stream;
  const StreamClock clock(*(*input)->streams[index], state.info.start);
  const ffmpeg::Packet packet = ffmpeg::make_packet();
  std::string stream;
  for (std::size_t i = 0; i < last;) {
    require(input->read(packet.get()), ErrorCode::corrupt_data,
            "{} has become shorter; run again when nothing writes to it any more",
            display_path(state.path));
    const bool before = i == 0 && (packet->flags & AV_PKT_FLAG_KEY) == 0;
    if (packet->stream_index == index && !before) {
      const auto units = h264::split_units(content(*packet), state.headers.length_bytes);
      require(units && clock.time(packet->pts) == state.frames[i].time, ErrorCode::corrupt_data,
              "{} has changed; run again when nothing writes to it any more",
              display_path(state.path));
      if (i >= first) {
        stream.clear();
        for (const h264::Bytes unit : *units) {
          const int type = h264::unit_type(unit);
          if (type != h264::kSequenceSet && type != h264::kPictureSet) {
            h264::append_unit(stream, unit);
          }
        }
        take(h264::bytes_of(stream), state.frames[i]);
      }
      ++i;
    }
    av_packet_unref(packet.get());
  }
}

}  // namespace ogam
