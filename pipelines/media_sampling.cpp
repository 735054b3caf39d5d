#include "pipelines/media_sampling.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/reader.h"

namespace ogam {

namespace {

constexpr Time kLongestClipSound = 600 * kSecond;

struct SampledFrame {
  Time time = 0;
  Image image;
};

/// The frames that are shown at some times of a span, each once.
std::vector<SampledFrame> frames_at(const std::filesystem::path& path, const TimeSpan& span,
                                    std::vector<Time> times, const MediaLimits& limits = {},
                                    const CancellationToken& cancellation = {}) {
  ReadOptions options;
  options.limits = limits;
  options.audio = false;
  options.frames.kind = FrameSelection::Kind::at_times;
  options.frames.times = std::move(times);
  MediaReader reader(path, options);
  std::vector<SampledFrame> frames;
  while (auto event = reader.next()) {
    cancellation.check();
    const auto* frame = std::get_if<VideoFrame>(&*event);
    if (frame != nullptr && (frames.empty() || frame->time() != frames.back().time)) {
      frames.push_back({frame->time(), frame->rgb()});
    }
  }
  require(!frames.empty(), ErrorCode::invalid_argument, "{} has no frame between {} and {}",
          display_path(path), format_time(span.start), format_time(span.end));
  return frames;
}

MediaInfo probe_video(const std::filesystem::path& path, const MediaLimits& limits = {}) {
  MediaInfo info = probe_media(path, limits);
  require(info.video.has_value(), ErrorCode::unsupported, "{} has no video", display_path(path));
  return info;
}

/// What is asked for, or the whole.
TimeSpan span_of(const MediaInfo& info, const std::optional<TimeSpan>& span) {
  return span.value_or(TimeSpan{0, std::max<Time>(info.duration, 1)});
}

/// Mono samples of a span; none where nothing is heard in it.
std::vector<float> sound_between(const std::filesystem::path& path, const TimeSpan& span,
                                 const AudioSampling& wanted) {
  ReadOptions options;
  options.limits = wanted.limits;
  options.sample_rate = wanted.sample_rate;
  options.frames.kind = FrameSelection::Kind::none;
  MediaReader reader(path, options);
  require(reader.info().audio.has_value(), ErrorCode::unsupported, "{} has no audio",
          display_path(path));
  const Time end = std::min(span.end, span.start + wanted.max_duration);
  const auto sample_at = [&](Time time) {
    return std::llround(to_seconds(time) * options.sample_rate);
  };
  std::vector<float> samples;
  while (auto event = reader.next()) {
    wanted.cancellation.check();
    const auto* chunk = std::get_if<AudioChunk>(&*event);
    if (chunk == nullptr) {
      continue;
    }
    if (chunk->time >= end) {
      break;
    }
    const auto size = static_cast<std::int64_t>(chunk->samples.size());
    const auto first = std::clamp<std::int64_t>(sample_at(span.start - chunk->time), 0, size);
    const auto last = std::clamp<std::int64_t>(sample_at(end - chunk->time), first, size);
    samples.insert(samples.end(), chunk->samples.begin() + first, chunk->samples.begin() + last);
  }
  return samples;
}

}  // namespace

std::vector<Image> sample_frames(const std::filesystem::path& path,
                                 const std::optional<TimeSpan>& span, int count) {
  const TimeSpan wanted = span_of(probe_video(path), span);
  std::vector<Time> times;
  for (Time i = 0; i < count; ++i) {
    times.push_back(wanted.start + wanted.duration() * (2 * i + 1) / (Time{2} * count));
  }
  std::vector<Image> images;
  for (SampledFrame& frame : frames_at(path, wanted, std::move(times))) {
    images.push_back(std::move(frame.image));
  }
  return images;
}

std::vector<std::size_t> spread_evenly(std::size_t count, std::size_t most) {
  const std::size_t taken = std::min(count, most);
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < taken; ++i) {
    positions.push_back(i * count / taken);
  }
  return positions;
}

std::vector<Time> clip_times(const TimeSpan& span, const VideoSampling& sampling) {
  const Time interval = from_seconds(1 / sampling.fps);
  const Time first = (span.start + interval - 1) / interval * interval;
  const Time count = std::max<Time>((span.end - first + interval - 1) / interval, 0);
  std::vector<Time> times;
  for (const std::size_t i : spread_evenly(static_cast<std::size_t>(count),
                                           static_cast<std::size_t>(sampling.max_frames))) {
    times.push_back(first + static_cast<Time>(i) * interval);
  }
  if (times.empty()) {
    times.push_back(span.middle());
  }
  return times;
}

VideoClip sample_clip(const std::filesystem::path& path, const std::optional<TimeSpan>& span,
                      const VideoSampling& sampling, const MediaLimits& limits,
                      const CancellationToken& cancellation) {
  const MediaInfo info = probe_video(path, limits);
  TimeSpan wanted = span_of(info, span);
  if (info.duration > wanted.start) {
    wanted.end = std::min(wanted.end, info.duration);
  }
  VideoClip clip;
  for (SampledFrame& frame :
       frames_at(path, wanted, clip_times(wanted, sampling), limits, cancellation)) {
    clip.times.push_back(std::max<Time>(frame.time - wanted.start, 0));
    clip.frames.push_back(std::move(frame.image));
  }
  if (sampling.sample_rate > 0 && info.audio) {
    clip.audio = sound_between(path, wanted,
                               {.sample_rate = sampling.sample_rate,
                                .max_duration = kLongestClipSound,
                                .limits = limits,
                                .cancellation = cancellation});
    if (std::ssize(clip.audio) < kShortestSound * sampling.sample_rate / kSecond) {
      clip.audio.clear();
    }
  }
  return clip;
}

std::vector<float> sample_audio(const std::filesystem::path& path,
                                const std::optional<TimeSpan>& span, const AudioSampling& wanted) {
  const TimeSpan between = span.value_or(TimeSpan{0, wanted.max_duration});
  auto samples = sound_between(path, between, wanted);
  require(!samples.empty(), ErrorCode::invalid_argument, "{} has no sound between {} and {}",
          display_path(path), format_time(between.start), format_time(between.end));
  return samples;
}

}  // namespace ogam
