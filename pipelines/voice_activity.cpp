#include "pipelines/voice_activity.h"

#include <c10/core/InferenceMode.h>

#include <algorithm>

namespace ogam {
namespace {

constexpr std::int64_t kChunk = SileroVad::kChunk;
// Samples that the model takes at once, so that memory does not grow with what is pushed.
constexpr std::size_t kBatch = 256 * kChunk;

}  // namespace

void SpeechSpanTracker::push(float probability, std::vector<SampleSpan>& spans) {
  const auto chunk_start = position_;
  position_ += kChunk;
  if (!open_) {
    if (probability >= options_.threshold) {
      open_ = true;
      start_ = chunk_start;
      silence_.reset();
      probabilities_.assign(1, probability);
    }
    return;
  }
  probabilities_.push_back(probability);
  if (probability >= options_.threshold) {
    silence_.reset();
  } else if (probability < options_.release && !silence_) {
    silence_ = chunk_start;
  }
  if (silence_ && position_ - *silence_ >= options_.min_silence) {
    close(*silence_, spans);
  } else if (position_ - start_ >= options_.max_speech) {
    cut_at_quietest(spans);
  }
}

void SpeechSpanTracker::finish(std::vector<SampleSpan>& spans) {
  if (open_) {
    close(silence_.value_or(position_), spans);
  }
}

void SpeechSpanTracker::close(std::int64_t end, std::vector<SampleSpan>& spans) {
  if (end - start_ >= options_.min_speech) {
    spans.push_back({start_, end});
  }
  open_ = false;
}

void SpeechSpanTracker::cut_at_quietest(std::vector<SampleSpan>& spans) {
  // The latter half: windows stay long. The last chunk stays with what follows.
  const auto quietest = std::min_element(probabilities_.begin() + probabilities_.size() / 2,
                                         probabilities_.end() - 1);
  const auto chunks = quietest - probabilities_.begin();
  const auto cut = start_ + chunks * kChunk;
  spans.push_back({start_, cut});
  probabilities_.erase(probabilities_.begin(), quietest);
  start_ = cut;
  if (silence_ && *silence_ < cut) {
    silence_ = cut;
  }
}

VoiceActivityDetector::VoiceActivityDetector(const SileroVad& model,
                                             const VoiceActivityOptions& options)
    : model_(model), state_(model.start()), tracker_(options) {}

void VoiceActivityDetector::detect(std::span<const float> chunks, std::vector<SampleSpan>& spans) {
  const c10::InferenceMode inference;
  while (!chunks.empty()) {
    const auto batch = chunks.first(std::min(chunks.size(), kBatch));
    for (const float probability : model_(batch, state_)) {
      tracker_.push(probability, spans);
    }
    chunks = chunks.subspan(batch.size());
  }
}

std::vector<SampleSpan> VoiceActivityDetector::push(std::span<const float> samples) {
  received_ += static_cast<std::int64_t>(samples.size());
  std::vector<SampleSpan> spans;
  rest_.insert(rest_.end(), samples.begin(), samples.end());
  const auto whole = rest_.size() / kChunk * kChunk;
  detect({rest_.data(), whole}, spans);
  rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(whole));
  return spans;
}

std::vector<SampleSpan> VoiceActivityDetector::finish() {
  std::vector<SampleSpan> spans;
  if (!rest_.empty()) {
    rest_.resize(kChunk, 0.0F);
    detect(rest_, spans);
    rest_.clear();
  }
  tracker_.finish(spans);
  for (auto& span : spans) {
    span.end = std::min(span.end, received_);
  }
  return spans;
}

}  // namespace ogam
