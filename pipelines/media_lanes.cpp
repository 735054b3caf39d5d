#include "pipelines/media_lanes.h"

#include <algorithm>
#include <limits>

#include "core/base/error.h"
#include "encoders/audio/silero_vad.h"
#include "pipelines/clip_lane.h"
#include "pipelines/screen_text.h"
#include "pipelines/transcription.h"

namespace ogam {

namespace {

// What may wait in front of a lane: full frames are large, sound is small.
constexpr std::size_t kFramesWaiting = 8;
constexpr std::size_t kChunksWaiting = 64;
constexpr std::size_t kClipItemsWaiting = 64;  // chunks most of them

constexpr int kSpeechRate = SileroVad::kSampleRate;
constexpr int kMostSpeechWorkers = 64;  // that a recogniser takes, however many cores there are

}  // namespace

std::list<MediaLanes::MediaLane> MediaLanes::media_lanes(const Pack& pack,
                                                         const WantedLanes& wanted) {
  std::list<MediaLane> lanes;
  for (const PackLane* const lane : {wanted.visual, wanted.sound, wanted.fused}) {
    if (lane == nullptr) {
      continue;
    }
    const Encoders& encoders = pack.encoders(lane->encoder);
    MediaLane media{lane, required_lane_encoder(pack, *lane), output_spaces(pack, *lane)};
    if (media.kind == EncoderKind::video && !wanted.has_pictures) {  // what is heard, if anything
      media.kind = EncoderKind::audio;
      std::erase_if(media.spaces, [&](const OutputSpace& space) {
        return !has_output(encoders, media.kind, space.output);
      });
    }
    if (!media.spaces.empty()) {
      lanes.push_back(std::move(media));
    }
  }
  return lanes;
}

int MediaLanes::highest_rate(const Pack& pack, const std::list<MediaLane>& lanes) {
  int rate = kSpeechRate;
  for (const MediaLane& lane : lanes) {
    const Encoders& encoders = pack.encoders(lane.lane->encoder);
    if (lane.kind == EncoderKind::audio) {
      rate = std::max(rate, encoders.audio->sample_rate());
    } else if (lane.kind == EncoderKind::video) {
      rate = std::max(rate, encoders.video->sampling().sample_rate);
    }
  }
  return rate;
}

MediaLanes::MediaLanes(const Pack& pack, const WantedLanes& wanted, const IndexOptions& options,
                       ThreadBudget& budget)
    : group_(budget, options.cancellation),
      media_lanes_(media_lanes(pack, wanted)),
      sample_rate_(highest_rate(pack, media_lanes_)) {
  const Time interval = from_seconds(1 / options.sample_fps);
  if (wanted.shots != nullptr) {
    detector_.emplace(*wanted.shots, budget);
  }
  for (MediaLane& lane : media_lanes_) {
    const Encoders& encoders = pack.encoders(lane.lane->encoder);
    if (lane.kind == EncoderKind::image) {
      add_frames(encoders.image, lane, interval);
    } else if (lane.kind == EncoderKind::audio) {
      add_sounds(encoders.audio, lane);
    } else {
      add_clips(encoders.video, lane, options.segments.length);
    }
  }
  if (wanted.text != nullptr) {
    add_screen_text(interval);
  }
  if (wanted.speech != nullptr) {
    add_speech(pack, *wanted.speech, options);
  }
}

void MediaLanes::add_frame_stage(Time interval, Stage<SampledFrame>::Work work) {
  auto& stage = *frame_stages_.emplace_back(
      std::make_unique<Stage<SampledFrame>>(group_, kFramesWaiting, std::move(work)));
  frame_taps_.push_back({interval, [&stage](const SampledFrame& frame) { stage.push(frame); }});
}

void MediaLanes::add_frames(std::shared_ptr<const ImageEncoder> encoder, MediaLane& lane,
                            Time interval) {
  const auto frames = std::make_shared<FrameLane>(std::move(encoder), lane.spaces);
  add_frame_stage(interval,
                  {[frames](const SampledFrame& frame) { frames->push(frame.time, *frame.image); },
                   [frames, &lane] {
                     frames->finish();
                     lane.vectors = frames->take();
                   }});
}

void MediaLanes::add_screen_text(Time interval) {
  const auto reader = std::make_shared<ScreenTextReader>();
  add_frame_stage(interval,
                  {[reader](const SampledFrame& frame) { reader->push(frame.time, *frame.image); },
                   [this, reader] { findings_.screen = reader->finish(); }});
}

void MediaLanes::add_sounds(std::shared_ptr<const AudioEncoder> encoder, MediaLane& lane) {
  const auto sounds = std::make_shared<SoundLane>(std::move(encoder), lane.spaces, sample_rate_);
  chunk_stages_.push_back(std::make_unique<Stage<SharedChunk>>(
      group_, kChunksWaiting,
      Stage<SharedChunk>::Work{[sounds](const SharedChunk& chunk) { sounds->push(chunk->samples); },
                               [sounds, &lane] {
                                 sounds->finish();
                                 lane.vectors = sounds->take();
                               }}));
}

void MediaLanes::add_clips(std::shared_ptr<const VideoEncoder> encoder, MediaLane& lane,
                           Time longest) {
  const VideoSampling sampling = encoder->sampling();
  clips_listen_ = clips_listen_ || sampling.sample_rate > 0;
  const auto clips = std::make_shared<ClipLane>(
      std::move(encoder), lane.spaces,
      ClipLane::Config{
          .longest = longest, .by_shots = detector_.has_value(), .sample_rate = sample_rate_});
  struct Take {
    ClipLane& clips;
    void operator()(const SampledFrame& frame) const { clips.push(frame.time, frame.image); }
    void operator()(const SharedChunk& chunk) const { clips.push(chunk->samples); }
    void operator()(const ShotProgress& shots) const { clips.settle(shots); }
  };
  auto& stage = *clip_stages_.emplace_back(std::make_unique<Stage<ClipItem>>(
      group_, kClipItemsWaiting,
      Stage<ClipItem>::Work{[clips](const ClipItem& item) { std::visit(Take{*clips}, item); },
                            [this, clips, &lane] {
                              clips->finish(findings_.end);
                              lane.vectors = clips->take();
                            }}));
  frame_taps_.push_back(
      {from_seconds(1 / sampling.fps), [&stage](const SampledFrame& frame) { stage.push(frame); }});
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
    tell_shots(detector_->poll());
  }
  std::shared_ptr<const Image> image;  // made once, for the first lane that wants this frame
  for (FrameTap& tap : frame_taps_) {
    if (frame.time() >= tap.next) {
      tap.next = (frame.time() / tap.interval + 1) * tap.interval;
      if (image == nullptr) {
        image = std::make_shared<const Image>(frame.rgb());
      }
      tap.push({frame.time(), image});
    }
  }
}

void MediaLanes::tell_shots(const ShotProgress& progress) {
  if (progress.cuts.empty() && progress.until <= shots_told_until_) {
    return;
  }
  shots_told_until_ = progress.until;
  for (const auto& stage : clip_stages_) {
    stage->push(progress);
  }
}

void MediaLanes::take(AudioChunk chunk) {
  findings_.end = std::max(
      findings_.end, chunk.time + static_cast<Time>(chunk.samples.size()) * kSecond / sample_rate_);
  const auto shared = std::make_shared<const AudioChunk>(std::move(chunk));
  for (const auto& stage : chunk_stages_) {
    stage->push(shared);
  }
  if (clips_listen_) {
    for (const auto& stage : clip_stages_) {
      stage->push(shared);
    }
  }
}

MediaFindings MediaLanes::finish() {
  if (detector_ && !failed()) {
    findings_.shots = detector_->finish().shots;
    ShotProgress all{.until = std::numeric_limits<Time>::max()};
    for (std::size_t i = 1; i < findings_.shots.size(); ++i) {
      all.cuts.push_back(findings_.shots[i].start);
    }
    tell_shots(all);
  }
  const auto join = [](const auto& stages) {
    for (const auto& stage : stages) {
      stage->join();
    }
  };
  join(frame_stages_);
  join(chunk_stages_);
  join(clip_stages_);
  group_.rethrow_failure();
  for (MediaLane& lane : media_lanes_) {
    std::ranges::move(lane.vectors, std::back_inserter(findings_.vectors));
  }
  return std::move(findings_);
}

}  // namespace ogam
