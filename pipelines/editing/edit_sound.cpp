#include "pipelines/editing/edit_sound.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <variant>

#include "core/media/media_writer.h"
#include "core/media/reader.h"

namespace ogam {

namespace {

constexpr int kRate = MediaWriter::kSampleRate;
constexpr auto kChannels = static_cast<std::size_t>(MediaWriter::kChannels);
constexpr std::int64_t kCutFade = kRate / 100;  // samples

/// The sample with which frame `number` begins.
std::int64_t sample_of(std::int64_t number, const FrameRate& rate) {
  return std::llround(static_cast<double>(number) * rate.den * kRate / rate.num);
}

/// How loud a clip is at a sample, `into` samples after its beginning and `left` before its end.
/// Over a cross-fade two clips together are as powerful as one.
float loudness(std::int64_t into, std::int64_t fade_in, std::int64_t left, std::int64_t fade_out) {
  const auto rising = [](std::int64_t at, std::int64_t fade) {
    return at >= fade ? 1
                      : std::sin((static_cast<double>(at) + 0.5) / static_cast<double>(fade) *
                                 std::numbers::pi / 2);
  };
  return static_cast<float>(rising(into, fade_in) * rising(left - 1, fade_out));
}

}  // namespace

/// A clip's sound, sample after sample.
class EditSound::Source {
 public:
  explicit Source(const EditClip& clip)
      : reader_(clip.path, {.frames = {.kind = FrameSelection::Kind::none},
                            .sample_rate = kRate,
                            .channels = MediaWriter::kChannels,
                            .from = clip.span.start}) {}

  /// The next `count` samples; silence behind the file's end.
  std::vector<float> take(std::int64_t count) {
    const std::size_t wanted = static_cast<std::size_t>(count) * kChannels;
    while (pending_.size() < wanted && !ended_) {
      if (const auto event = reader_.next()) {
        const auto& samples = std::get<AudioChunk>(*event).samples;
        pending_.insert(pending_.end(), samples.begin(), samples.end());
      } else {
        ended_ = true;
      }
    }
    pending_.resize(std::max(pending_.size(), wanted));
    const auto end = pending_.begin() + static_cast<std::ptrdiff_t>(wanted);
    std::vector<float> taken(pending_.begin(), end);
    pending_.erase(pending_.begin(), end);
    return taken;
  }

 private:
  MediaReader reader_;
  std::vector<float> pending_;
  bool ended_ = false;
};

EditSound::EditSound(const EditPlan& plan) : plan_(plan) {}
EditSound::~EditSound() = default;

/// Adds a clip's part of the next samples.
void EditSound::add(std::size_t number, std::vector<float>& mixed) {
  const PlannedClip& clip = plan_.clips[number];
  const std::int64_t first = sample_of(clip.first, plan_.rate);
  const std::int64_t last = sample_of(clip.first + clip.count, plan_.rate);
  const std::int64_t from = std::max(given_, first);
  const auto count = static_cast<std::int64_t>(mixed.size() / kChannels);
  const std::int64_t to = std::min(given_ + count, last);
  if (from >= to || !clip.sound) {
    return;
  }
  std::unique_ptr<Source>& source = open_[number];
  if (!source) {
    source = std::make_unique<Source>(clip.source);
  }
  const std::vector<float> samples = source->take(to - from);
  const std::int64_t fade_in =
      std::max(sample_of(clip.first + clip.fade_in, plan_.rate) - first, kCutFade);
  const std::int64_t fade_out =
      std::max(last - sample_of(clip.first + clip.count - clip.fade_out, plan_.rate), kCutFade);
  for (std::int64_t at = from; at < to; ++at) {
    const float gain = loudness(at - first, fade_in, last - at, fade_out);
    for (std::size_t channel = 0; channel < kChannels; ++channel) {
      mixed[static_cast<std::size_t>(at - given_) * kChannels + channel] +=
          gain * samples[static_cast<std::size_t>(at - from) * kChannels + channel];
    }
  }
  if (to == last) {
    open_.erase(number);
  }
}

std::vector<float> EditSound::until(std::int64_t frame) {
  const std::int64_t end = sample_of(frame, plan_.rate);
  std::vector<float> mixed(static_cast<std::size_t>(std::max<std::int64_t>(end - given_, 0)) *
                           kChannels);
  for (std::size_t i = ended_; i < plan_.clips.size() && plan_.clips[i].first < frame; ++i) {
    add(i, mixed);
  }
  while (ended_ < plan_.clips.size() &&
         plan_.clips[ended_].first + plan_.clips[ended_].count <= frame) {
    ++ended_;
  }
  given_ = std::max(given_, end);
  return mixed;
}

}  // namespace ogam
