#include "pipelines/lane_vectors.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "core/base/error.h"
#include "pipelines/media_sampling.h"
#include "pipelines/vector_rows.h"

namespace ogam {

namespace {

constexpr std::size_t kFrameBatch = 8;

}  // namespace

std::vector<OutputSpace> output_spaces(const Pack& pack, const PackLane& lane) {
  std::vector<OutputSpace> spaces;
  for (const PackSpace& space : lane.spaces) {
    spaces.push_back({space.output, pack.space(lane, space).id});
  }
  return spaces;
}

EncoderKind required_lane_encoder(const Pack& pack, const PackLane& lane) {
  const auto kind = lane_encoder(lane.lane, pack.encoders(lane.encoder));
  require(kind.has_value(), ErrorCode::unavailable,
          "model {} of pack {} has no encoder for the lane {}; name another model in its pack.json",
          lane.encoder, pack.manifest().name, lane.lane.name());
  return *kind;
}

std::vector<TimedVector> picture_vectors(const Pack& pack, const PackLane& lane,
                                         const Image& image) {
  const Encoders& encoders = pack.encoders(lane.encoder);
  std::vector<TimedVector> vectors;
  for (const EncoderKind kind : {EncoderKind::image, EncoderKind::video}) {
    auto spaces = output_spaces(pack, lane);
    std::erase_if(spaces, [&](const OutputSpace& space) {
      return encoder_into_lane(EncoderKind::image, lane.lane, encoders, space.output) != kind;
    });
    if (!spaces.empty()) {
      std::ranges::move(timed_vectors(encode_picture(encoders, kind, image), spaces, {0}),
                        std::back_inserter(vectors));
    }
  }
  return vectors;
}

std::vector<TimedVector> timed_vectors(const std::vector<EncoderOutput>& outputs,
                                       const std::vector<OutputSpace>& spaces,
                                       const std::vector<Time>& times) {
  std::vector<TimedVector> vectors;
  for (const OutputSpace& kept : spaces) {
    auto rows = rows_of(vectors_of(outputs, kept.output));
    require(rows.size() == times.size(), ErrorCode::internal, "{} vectors for {} inputs",
            rows.size(), times.size());
    for (std::size_t i = 0; i < times.size(); ++i) {
      vectors.push_back({kept.space, times[i], std::move(rows[i])});
    }
  }
  return vectors;
}

FrameLane::FrameLane(std::shared_ptr<const ImageEncoder> encoder, std::vector<OutputSpace> spaces)
    : encoder_(std::move(encoder)), spaces_(std::move(spaces)) {}

void FrameLane::push(Time time, const Image& image) {
  times_.push_back(time);
  images_.push_back(image);
  if (images_.size() == kFrameBatch) {
    finish();
  }
}

void FrameLane::finish() {
  if (images_.empty()) {
    return;
  }
  std::ranges::move(timed_vectors(encoder_->encode(images_), spaces_, times_),
                    std::back_inserter(vectors_));
  images_.clear();
  times_.clear();
}

SoundLane::SoundLane(std::shared_ptr<const AudioEncoder> encoder, std::vector<OutputSpace> spaces,
                     int sample_rate)
    : encoder_(std::move(encoder)),
      spaces_(std::move(spaces)),
      resampler_({.from = sample_rate, .to = encoder_->sample_rate()}),
      window_(encoder_->window() * encoder_->sample_rate() / kSecond) {}

void SoundLane::push(const std::vector<float>& samples) { add(resampler_.push(samples)); }

void SoundLane::add(std::span<const float> samples) {
  while (!samples.empty()) {
    const auto room = static_cast<std::size_t>(window_) - pending_.size();
    const auto taken = samples.first(std::min(room, samples.size()));
    pending_.insert(pending_.end(), taken.begin(), taken.end());
    samples = samples.subspan(taken.size());
    if (pending_.size() == static_cast<std::size_t>(window_)) {
      encode_pending();
    }
  }
}

void SoundLane::finish() {
  add(resampler_.finish());
  if (static_cast<Time>(pending_.size()) * kSecond >= kShortestSound * encoder_->sample_rate()) {
    encode_pending();
  }
}

void SoundLane::encode_pending() {
  const auto count = static_cast<std::int64_t>(pending_.size());
  const Time middle = (2 * samples_done_ + count) * kSecond / (2 * encoder_->sample_rate());
  samples_done_ += count;
  const std::vector<std::vector<float>> clips = {std::move(pending_)};
  pending_.clear();
  std::ranges::move(timed_vectors(encoder_->encode(clips), spaces_, {middle}),
                    std::back_inserter(vectors_));
}

}  // namespace ogam
