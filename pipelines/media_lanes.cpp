#include "pipelines/media_lanes.h"

#include <algorithm>

#include "core/base/error.h"
#include "encoders/audio/silero_vad.h"
#include "pipelines/screen_text.h"
#include "pipelines/transcription.h"

namespace ogam {

namespace {

// What may wait in front of a lane: full frames are large, sound is small.
constexpr std::size_t kFramesWaiting = 8;
constexpr std::size_t kChunksWaiting = 64;

constexpr int kSpeechRate = SileroVad::kSampleRate;
constexpr int kMostSpeechWorkers = 64;  // that a recogniser takes, however many cores there are

}  // namespace

MediaLanes::MediaLanes(const Pack& pack, const WantedLanes& wanted, const IndexOptions& options,
                       ThreadBudget& budget)
    : group_(budget, options.cancellation),
      sample_rate_(
          wanted.sound == nullptr
              ? kSpeechRate
              : std::max(kSpeechRate, pack.audio_encoder(wanted.sound->encoder)->sample_rate())),
      sample_interval_(from_seconds(1 / options.sample_fps)) {
  if (wanted.shots != nullptr) {
    detector_.emplace(*wanted.shots, budget);
  }
  if (wanted.visual != nullptr) {
    add_visual(pack, *wanted.visual);
  }
  if (wanted.text != nullptr) {
    add_screen_text();
  }
  if (wanted.sound != nullptr) {
    add_sound(pack, *wanted.sound);
  }
  if (wanted.speech != nullptr) {
    add_speech(pack, *wanted.speech, options);
  }
}

void MediaLanes::add_visual(const Pack& pack, const PackLane& lane) {
  const auto frames =
      std::make_shared<FrameLane>(pack.image_encoder(lane.encoder), output_spaces(pack, lane));
  frame_stages_.push_back(std::make_unique<Stage<SampledFrame>>(
      group_, kFramesWaiting,
      Stage<SampledFrame>::Work{
          [frames](const SampledFrame& frame) { frames->push(frame.time, *frame.image); },
          [this, frames] {
            frames->finish();
            findings_.frames = frames->take();
          }}));
}

void MediaLanes::add_screen_text() {
  const auto reader = std::make_shared<ScreenTextReader>();
  frame_stages_.push_back(std::make_unique<Stage<SampledFrame>>(
      group_, kFramesWaiting,
      Stage<SampledFrame>::Work{
          [reader](const SampledFrame& frame) { reader->push(frame.time, *frame.image); },
          [this, reader] { findings_.screen = reader->finish(); }}));
}

void MediaLanes::add_sound(const Pack& pack, const PackLane& lane) {
  const auto sounds = std::make_shared<SoundLane>(pack.audio_encoder(lane.encoder),
                                                  output_spaces(pack, lane), sample_rate_);
  chunk_stages_.push_back(std::make_unique<Stage<SharedChunk>>(
      group_, kChunksWaiting,
      Stage<SharedChunk>::Work{[sounds](const SharedChunk& chunk) { sounds->push(chunk->samples); },
                               [this, sounds] {
                                 sounds->finish();
                                 findings_.sounds = sounds->take();
                               }}));
}

void MediaLanes::add_speech(const Pack& pack, const PackLane& lane, const IndexOptions& options) {
  TranscriptionOptions transcription;
  transcription.language = options.language;
  transcription.workers = std::min(group_.budget().size(), kMostSpeechWorkers);
  const auto session = std::make_shared<TranscriptionSession>(
      pack.speech_recognizer(lane), transcription, &group_.budget(), options.cancellation);
  const auto resampler = std::make_shared<MonoResampler>(
      MonoResampler::Config{.from = sample_rate_, .to = kSpeechRate});
  const auto keep = [this](std::vector<TimedText> utterances) {
    std::ranges::move(utterances, std::back_inserter(findings_.speech));
  };
  chunk_stages_.push_back(std::make_unique<Stage<SharedChunk>>(
      group_, kChunksWaiting,
      Stage<SharedChunk>::Work{[session, resampler, keep](const SharedChunk& chunk) {
                                 session->push(resampler->push(chunk->samples));
                                 keep(session->poll());
                               },
                               [session, resampler, keep] {
                                 session->push(resampler->finish());
                                 keep(session->finish());
                               }}));
}

void MediaLanes::take(const VideoFrame& frame) {
  findings_.end = std::max(findings_.end, frame.time());
  if (detector_) {
    detector_->push(frame.time(), frame.rgb(detector_->frame_size(), Interpolation::bicubic));
  }
  if (!frame_stages_.empty() && frame.time() >= next_sample_) {
    next_sample_ = (frame.time() / sample_interval_ + 1) * sample_interval_;
    const SampledFrame sampled{frame.time(), std::make_shared<const Image>(frame.rgb())};
    for (const auto& stage : frame_stages_) {
      stage->push(sampled);
    }
  }
}

void MediaLanes::take(AudioChunk chunk) {
  findings_.end = std::max(
      findings_.end, chunk.time + static_cast<Time>(chunk.samples.size()) * kSecond / sample_rate_);
  const auto shared = std::make_shared<const AudioChunk>(std::move(chunk));
  for (const auto& stage : chunk_stages_) {
    stage->push(shared);
  }
}

MediaFindings MediaLanes::finish() {
  if (detector_ && !failed()) {
    findings_.shots = detector_->finish().shots;
  }
  for (const auto& stage : frame_stages_) {
    stage->join();
  }
  for (const auto& stage : chunk_stages_) {
    stage->join();
  }
  group_.rethrow_failure();
  return std::move(findings_);
}

}  // namespace ogam
