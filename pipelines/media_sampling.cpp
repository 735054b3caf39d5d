#include "pipelines/media_sampling.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/reader.h"

namespace ogam {

std::vector<Image> sample_frames(const std::filesystem::path& path,
                                 const std::optional<TimeSpan>& span, int count) {
  const MediaInfo info = probe_media(path);
  require(info.video.has_value(), ErrorCode::unsupported, "{} has no video to search with",
          display_path(path));
  const TimeSpan wanted = span.value_or(TimeSpan{0, std::max<Time>(info.duration, 1)});
  ReadOptions options;
  options.audio = false;
  options.frames.kind = FrameSelection::Kind::at_times;
  for (Time i = 0; i < count; ++i) {
    options.frames.times.push_back(wanted.start +
                                   wanted.duration() * (2 * i + 1) / (Time{2} * count));
  }
  MediaReader reader(path, options);
  std::vector<Image> frames;
  std::optional<Time> last;
  while (auto event = reader.next()) {
    if (const auto* frame = std::get_if<VideoFrame>(&*event); frame && frame->time() != last) {
      last = frame->time();
      frames.push_back(frame->rgb());
    }
  }
  require(!frames.empty(), ErrorCode::invalid_argument, "{} has no frame between {} and {}",
          display_path(path), format_time(wanted.start), format_time(wanted.end));
  return frames;
}

std::vector<float> sample_audio(const std::filesystem::path& path,
                                const std::optional<TimeSpan>& span, const AudioSampling& wanted) {
  ReadOptions options;
  options.sample_rate = wanted.sample_rate;
  options.frames.kind = FrameSelection::Kind::none;
  MediaReader reader(path, options);
  require(reader.info().audio.has_value(), ErrorCode::unsupported, "{} has no audio to search with",
          display_path(path));
  const Time start = span ? span->start : 0;
  const Time end =
      std::min(span ? span->end : start + wanted.max_duration, start + wanted.max_duration);
  const auto sample_at = [&](Time time) {
    return std::llround(to_seconds(time) * options.sample_rate);
  };
  std::vector<float> samples;
  while (auto event = reader.next()) {
    const auto* chunk = std::get_if<AudioChunk>(&*event);
    if (chunk == nullptr) {
      continue;
    }
    if (chunk->time >= end) {
      break;
    }
    const auto size = static_cast<std::int64_t>(chunk->samples.size());
    const auto first = std::clamp<std::int64_t>(sample_at(start - chunk->time), 0, size);
    const auto last = std::clamp<std::int64_t>(sample_at(end - chunk->time), first, size);
    samples.insert(samples.end(), chunk->samples.begin() + first, chunk->samples.begin() + last);
  }
  require(!samples.empty(), ErrorCode::invalid_argument, "{} has no sound between {} and {}",
          display_path(path), format_time(start), format_time(end));
  return samples;
}

}  // namespace ogam
