#include "pipelines/clip_lane.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "pipelines/media_sampling.h"

namespace ogam {
namespace {

/// Notes the clips it is given; a clip's vector is its number.
class FakeEncoder : public VideoEncoder {
 public:
  explicit FakeEncoder(VideoSampling sampling) : sampling_(sampling) {}

  std::vector<EncoderOutputInfo> outputs() const override { return {{"seen", 1}}; }
  VideoSampling sampling() const override { return sampling_; }
  std::vector<EncoderOutput> encode(std::span<const VideoClip> clips) const override {
    for (const VideoClip& clip : clips) {
      EXPECT_FALSE(clip.frames.empty());
      seen.push_back(clip);
    }
    return {{"seen", at::full({std::ssize(clips), 1}, static_cast<double>(seen.size()))}};
  }

  mutable std::vector<VideoClip> seen;

 private:
  VideoSampling sampling_;
};

/// A lane at work on frames whose only pixel says which they are.
struct Film {
  explicit Film(VideoSampling sampling, ClipLane::Config config = {})
      : encoder(std::make_shared<FakeEncoder>(sampling)),
        lane(encoder, {{"seen", "space"}}, config) {}

  void frame(Time time, Size size = {1, 1}) {
    const auto bytes = static_cast<std::size_t>(size.width * size.height * 3);
    lane.push(time, std::make_shared<const Image>(
                        Image{size.width, size.height, std::vector<std::uint8_t>(bytes, 7)}));
  }
  /// A frame each second of [from, to).
  void frames(int from, int to) {
    for (Time second = from; second < to; ++second) {
      frame(second * kSecond);
    }
  }
  /// Sound of [from, to) seconds, each sample its own number.
  void sound(int from, int to) {
    std::vector<float> samples;
    for (int i = from * kRate; i < to * kRate; ++i) {
      samples.push_back(static_cast<float>(i));
    }
    lane.push(samples);
  }
  /// Middles of the clips, in seconds.
  std::vector<double> middles() {
    std::vector<double> times;
    for (const TimedVector& vector : lane.take()) {
      EXPECT_EQ(vector.space, "space");
      times.push_back(to_seconds(vector.time));
    }
    return times;
  }
  std::vector<std::size_t> frame_counts() const {
    std::vector<std::size_t> counts;
    for (const VideoClip& clip : encoder->seen) {
      counts.push_back(clip.frames.size());
    }
    return counts;
  }

  static constexpr int kRate = 100;
  std::shared_ptr<FakeEncoder> encoder;
  ClipLane lane;
};

using Middles = std::vector<double>;
using Counts = std::vector<std::size_t>;

TEST(ClipLaneTest, FixedClipsAreEncodedAsSoonAsTheyHaveCome) {
  Film film({});
  film.frames(0, 10);
  EXPECT_TRUE(film.encoder->seen.empty());
  film.frames(10, 11);
  EXPECT_EQ(film.encoder->seen.size(), 1U);
  film.frames(11, 25);
  EXPECT_EQ(film.encoder->seen.size(), 2U);
  film.lane.finish(25 * kSecond);
  EXPECT_EQ(film.frame_counts(), (Counts{10, 10, 5}));
  EXPECT_EQ(film.middles(), (Middles{5, 15, 22.5}));
  EXPECT_EQ(film.encoder->seen[1].times.front(), 0);
  EXPECT_EQ(film.encoder->seen[1].times.back(), 9 * kSecond);
}

TEST(ClipLaneTest, ClipsEndWhereShotsDo) {
  Film film({}, {.longest = 10 * kSecond, .by_shots = true});
  film.frames(0, 30);
  EXPECT_TRUE(film.encoder->seen.empty());  // nothing is known of the shots
  film.lane.settle({.cuts = {4 * kSecond}, .until = 8 * kSecond});
  EXPECT_EQ(film.frame_counts(), (Counts{4}));
  film.lane.settle({.cuts = {}, .until = 14 * kSecond});
  EXPECT_EQ(film.frame_counts(), (Counts{4, 10}));  // as long as a clip may be
  film.lane.settle({.cuts = {16 * kSecond}, .until = 20 * kSecond});
  EXPECT_EQ(film.frame_counts(), (Counts{4, 10, 2}));
  // At the end all cuts are told once more.
  film.lane.settle({.cuts = {4 * kSecond, 16 * kSecond, 28 * kSecond},
                    .until = std::numeric_limits<Time>::max()});
  film.lane.finish(30 * kSecond);
  EXPECT_EQ(film.frame_counts(), (Counts{4, 10, 2, 10, 2, 2}));
  EXPECT_EQ(film.middles(), (Middles{2, 9, 15, 21, 27, 29}));
}

TEST(ClipLaneTest, ShotsWithoutAFrameAreLeftOut) {
  Film film({}, {.longest = 10 * kSecond, .by_shots = true});
  film.frames(0, 3);
  film.lane.settle({.cuts = {kSecond / 4, kSecond / 2, 2 * kSecond}, .until = 3 * kSecond});
  film.lane.finish(3 * kSecond);
  EXPECT_EQ(film.frame_counts(), (Counts{1, 1, 1}));
  EXPECT_EQ(film.middles(), (Middles{0.125, 1.25, 2.5}));
}

TEST(ClipLaneTest, ManyFramesAreThinnedOutEvenly) {
  Film film({.fps = 1, .max_frames = 4});
  film.frames(0, 10);
  film.lane.finish(10 * kSecond);
  ASSERT_EQ(film.frame_counts(), (Counts{4}));
  EXPECT_EQ(film.encoder->seen[0].times,
            (std::vector<Time>{0, 2 * kSecond, 5 * kSecond, 7 * kSecond}));
  EXPECT_EQ(spread_evenly(3, 4), (std::vector<std::size_t>{0, 1, 2}));
  EXPECT_TRUE(spread_evenly(0, 4).empty());
}

TEST(ClipLaneTest, AClipHearsItsOwnSound) {
  Film film({.sample_rate = Film::kRate}, {.longest = 2 * kSecond, .sample_rate = Film::kRate});
  film.frames(0, 3);
  EXPECT_TRUE(film.encoder->seen.empty());  // the sound has not come
  film.sound(0, 5);
  film.frames(3, 5);
  film.lane.finish(5 * kSecond);
  ASSERT_EQ(film.frame_counts(), (Counts{2, 2, 1}));
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& audio = film.encoder->seen[i].audio;
    ASSERT_EQ(audio.size(), i < 2 ? 200U : 100U);
    EXPECT_EQ(audio.front(), static_cast<float>(i * 200));
  }
}

TEST(ClipLaneTest, SoundThatHasEndedIsNotWaitedFor) {
  Film film({.sample_rate = Film::kRate}, {.longest = 2 * kSecond, .sample_rate = Film::kRate});
  film.sound(0, 1);
  film.frames(0, 20);
  EXPECT_GE(film.encoder->seen.size(), 6U);
  EXPECT_EQ(film.encoder->seen[0].audio.size(), 100U);
  EXPECT_TRUE(film.encoder->seen[1].audio.empty());
}

TEST(ClipLaneTest, FramesThatHaveEndedAreNotWaitedForAndSoundIsNotHoarded) {
  Film film({.sample_rate = Film::kRate}, {.longest = 2 * kSecond, .sample_rate = Film::kRate});
  film.frames(0, 3);
  for (int second = 0; second < 1000; ++second) {
    film.sound(second, second + 1);
  }
  EXPECT_EQ(film.frame_counts(), (Counts{2, 1}));
  film.lane.finish(1000 * kSecond);
  EXPECT_EQ(film.middles(), (Middles{1, 3}));
}

TEST(ClipLaneTest, FramesOfAClipHaveOneSize) {
  Film film({});
  film.frame(0, {4, 2});
  film.frame(kSecond, {2, 2});
  film.lane.finish(2 * kSecond);
  ASSERT_EQ(film.frame_counts(), (Counts{2}));
  EXPECT_EQ(film.encoder->seen[0].frames[1].width, 4);
}

TEST(ClipLaneTest, WithoutFramesThereIsNothing) {
  Film film({.sample_rate = Film::kRate}, {.sample_rate = Film::kRate});
  film.sound(0, 30);
  film.lane.finish(30 * kSecond);
  EXPECT_TRUE(film.middles().empty());
}

}  // namespace
}  // namespace ogam
