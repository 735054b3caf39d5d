#include "pipelines/speech_windows.h"

#include <algorithm>
#include <utility>

namespace ogam {
namespace {

constexpr std::int64_t kForgetAtOnce = 10 * SileroVad::kSampleRate;

Time sample_time(std::int64_t sample) { return sample * kSecond / SileroVad::kSampleRate; }

}  // namespace

TimeSpan SpeechWindow::stream_time(SampleSpan span) const {
  const auto middle = span.start + span.size() / 2;
  const auto* piece = &pieces.front();
  for (const auto& candidate : pieces) {
    if (candidate.window_start <= middle) {
      piece = &candidate;
    }
  }
  const auto in_stream = [&](std::int64_t sample) {
    const auto offset = std::clamp<std::int64_t>(sample - piece->window_start, 0, piece->size);
    return sample_time(piece->stream_start + offset);
  };
  return {in_stream(span.start), in_stream(span.end)};
}

SpeechWindowBuilder::SpeechWindowBuilder(const SileroVad& model, const SpeechWindowOptions& options)
    : options_(options), detector_(model, options.voice_activity) {}

std::vector<SpeechWindow> SpeechWindowBuilder::push(std::span<const float> samples) {
  samples_.insert(samples_.end(), samples.begin(), samples.end());
  const auto spans = detector_.push(samples);
  speech_.insert(speech_.end(), spans.begin(), spans.end());
  std::vector<SpeechWindow> windows;
  pack(/*at_end=*/false, windows);
  forget_old_samples();
  return windows;
}

std::vector<SpeechWindow> SpeechWindowBuilder::finish() {
  const auto spans = detector_.finish();
  speech_.insert(speech_.end(), spans.begin(), spans.end());
  std::vector<SpeechWindow> windows;
  pack(/*at_end=*/true, windows);
  if (!window_.samples.empty()) {
    windows.push_back(std::exchange(window_, {}));
  }
  return windows;
}

void SpeechWindowBuilder::pack(bool at_end, std::vector<SpeechWindow>& windows) {
  const auto received = samples_start_ + static_cast<std::int64_t>(samples_.size());
  std::size_t packed = 0;
  for (; packed < speech_.size(); ++packed) {
    const auto speech = speech_[packed];
    auto end = std::min(speech.end + options_.padding, received);
    if (packed + 1 < speech_.size()) {
      end = std::min(end, speech.end + (speech_[packed + 1].start - speech.end) / 2);
    } else if (!at_end && detector_.earliest_start() < speech.end + options_.padding) {
      break;  // what follows may still reach into the padding
    }
    const auto start = std::max(speech.start - options_.padding, packed_end_);
    add(speech, {start, end}, windows);
    packed_end_ = end;
  }
  speech_.erase(speech_.begin(), speech_.begin() + static_cast<std::ptrdiff_t>(packed));
}

void SpeechWindowBuilder::add(SampleSpan speech, SampleSpan padded,
                              std::vector<SpeechWindow>& windows) {
  const auto filled = static_cast<std::int64_t>(window_.samples.size());
  if (filled > 0 && filled + padded.size() > options_.max_samples) {
    windows.push_back(std::exchange(window_, {}));
  }
  const auto window_start = static_cast<std::int64_t>(window_.samples.size());
  const auto from = samples_.begin() + (padded.start - samples_start_);
  window_.samples.insert(window_.samples.end(), from, from + padded.size());
  window_.pieces.push_back({window_start, padded.start, padded.size()});
  const auto shift = window_start - padded.start;
  window_.speech.push_back({speech.start + shift, speech.end + shift});
}

void SpeechWindowBuilder::forget_old_samples() {
  auto needed = detector_.earliest_start() - options_.padding;
  if (!speech_.empty()) {
    needed = std::min(needed, speech_.front().start - options_.padding);
  }
  needed = std::max(needed, packed_end_);
  const auto old = needed - samples_start_;
  if (old >= kForgetAtOnce) {
    samples_.erase(samples_.begin(), samples_.begin() + old);
    samples_start_ = needed;
  }
}

}  // namespace ogam
