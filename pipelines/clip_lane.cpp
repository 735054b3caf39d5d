#include "pipelines/clip_lane.h"

#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "pipelines/media_sampling.h"

namespace ogam {

namespace {

// Frames and sound of the same moment lie near one another in a file. Where one of them is this far
// ahead, the other has ended.
constexpr Time kFurthestAhead = 5 * kSecond;
constexpr Time kMostSound = 60 * kSecond;  // kept; only sound that goes on without frames is longer
constexpr Time kNever = std::numeric_limits<Time>::max();

std::int64_t sample_at(Time time, int sample_rate) { return time * sample_rate / kSecond; }

}  // namespace

ClipLane::ClipLane(std::shared_ptr<const VideoEncoder> encoder, std::vector<OutputSpace> spaces,
                   const Config& config)
    : encoder_(std::move(encoder)),
      spaces_(std::move(spaces)),
      config_(config),
      sampling_(encoder_->sampling()),
      settled_(config.by_shots ? 0 : kNever) {
  require(config_.longest > 0, ErrorCode::internal, "clips of {} us", config_.longest);
  if (sampling_.sample_rate > 0) {
    resampler_.emplace(
        MonoResampler::Config{.from = config_.sample_rate, .to = sampling_.sample_rate});
  }
}

void ClipLane::push(Time time, std::shared_ptr<const Image> frame) {
  seen_until_ = std::max(seen_until_, time);
  frames_.push_back({std::max<Time>(time, 0), std::move(frame)});
  encode_what_is_ready();
}

void ClipLane::push(const std::vector<float>& samples) {
  if (resampler_) {
    hear(resampler_->push(samples));
    encode_what_is_ready();
  }
}

void ClipLane::hear(std::span<const float> samples) {
  sound_.insert(sound_.end(), samples.begin(), samples.end());
  const auto most = sample_at(kMostSound, sampling_.sample_rate);
  drop_sound_before(first_sample_ + std::ssize(sound_) - most);
}

void ClipLane::settle(const ShotProgress& shots) {
  for (const Time cut : shots.cuts) {
    if (cut > start_) {
      cuts_.insert(cut);
    }
  }
  settled_ = std::max(settled_, shots.until);
  encode_what_is_ready();
}

void ClipLane::finish(Time end) {
  if (resampler_) {
    hear(resampler_->finish());
  }
  settled_ = kNever;
  while (!frames_.empty()) {
    const Time last = std::max(end, frames_.back().time + 1);
    encode({start_, std::min(*certain_end(), last)});
  }
}

std::optional<Time> ClipLane::certain_end() const {
  const Time latest = start_ + config_.longest;
  if (!cuts_.empty() && *cuts_.begin() <= latest) {
    return *cuts_.begin();
  }
  return settled_ >= latest ? std::optional(latest) : std::nullopt;
}

Time ClipLane::heard_until() const {
  return (first_sample_ + std::ssize(sound_)) * kSecond / std::max(sampling_.sample_rate, 1);
}

bool ClipLane::has_come(Time end) const {
  if (!resampler_) {
    return seen_until_ >= end;
  }
  const Time heard = heard_until();
  return std::min(seen_until_, heard) >= end ||
         std::max(seen_until_, heard) >= end + kFurthestAhead;
}

void ClipLane::encode_what_is_ready() {
  for (auto end = certain_end(); end && has_come(*end); end = certain_end()) {
    encode({start_, *end});
  }
}

void ClipLane::encode(const TimeSpan& span) {
  std::vector<Frame> frames;
  while (!frames_.empty() && frames_.front().time < span.end) {
    frames.push_back(std::move(frames_.front()));
    frames_.pop_front();
  }
  if (!frames.empty()) {
    VideoClip clip;
    for (const std::size_t i :
         spread_evenly(frames.size(), static_cast<std::size_t>(sampling_.max_frames))) {
      const Image& first = clip.frames.empty() ? *frames[i].image : clip.frames.front();
      const Size size = {first.width, first.height};
      const Image& frame = *frames[i].image;
      clip.frames.push_back(size == Size{frame.width, frame.height}
                                ? frame
                                : resize(frame, size, Interpolation::bilinear));
      clip.times.push_back(frames[i].time - span.start);
    }
    if (resampler_) {
      clip.audio = sound_of(span);
    }
    const std::vector<VideoClip> clips = {std::move(clip)};
    std::ranges::move(timed_vectors(encoder_->encode(clips), spaces_, {span.middle()}),
                      std::back_inserter(vectors_));
  }
  start_ = span.end;
  cuts_.erase(cuts_.begin(), cuts_.upper_bound(start_));
  if (resampler_) {
    drop_sound_before(sample_at(start_, sampling_.sample_rate));
  }
}

std::vector<float> ClipLane::sound_of(const TimeSpan& span) const {
  const auto size = std::ssize(sound_);
  const auto begin = std::clamp<std::int64_t>(
      sample_at(span.start, sampling_.sample_rate) - first_sample_, 0, size);
  const auto end = std::clamp<std::int64_t>(
      sample_at(span.end, sampling_.sample_rate) - first_sample_, begin, size);
  if (end - begin < sample_at(kShortestSound, sampling_.sample_rate)) {
    return {};
  }
  return {sound_.begin() + begin, sound_.begin() + end};
}

void ClipLane::drop_sound_before(std::int64_t sample) {
  const auto dropped = std::clamp<std::int64_t>(sample - first_sample_, 0, std::ssize(sound_));
  sound_.erase(sound_.begin(), sound_.begin() + dropped);
  first_sample_ += dropped;
}

}  // namespace ogam
