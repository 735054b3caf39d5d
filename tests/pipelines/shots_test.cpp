#include "pipelines/shots.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "tests/support/golden.h"

namespace ogam {
namespace {

const std::filesystem::path kVideos = "/usr/share/doc/opencv-doc/examples/data";

std::vector<Time> times(std::size_t count, Time step = 40'000) {
  std::vector<Time> result;
  for (std::size_t i = 0; i < count; ++i) {
    result.push_back(static_cast<Time>(i) * step);
  }
  return result;
}

TEST(CutIntoShotsTest, EndsAShotAfterTheFrameOfACut) {
  const auto list = cut_into_shots(times(5), {0, 0, 1, 0, 0}, 0.5);
  EXPECT_EQ(list.shots, (std::vector<TimeSpan>{{0, 120'000}, {120'000, 200'000}}));
  EXPECT_EQ(list.transitions, (std::vector<TimeSpan>{{80'000, 120'000}}));
}

TEST(CutIntoShotsTest, SplitsALongTransitionInItsMiddle) {
  const auto list = cut_into_shots(times(8), {0, 0, 1, 1, 1, 1, 0, 0}, 0.5);
  EXPECT_EQ(list.shots, (std::vector<TimeSpan>{{0, 160'000}, {160'000, 320'000}}));
  EXPECT_EQ(list.transitions, (std::vector<TimeSpan>{{80'000, 240'000}}));
}

TEST(CutIntoShotsTest, TakesNoTransitionAtEitherEndForACut) {
  const auto list = cut_into_shots(times(6), {1, 1, 0, 0, 0, 1}, 0.5);
  EXPECT_EQ(list.shots, (std::vector<TimeSpan>{{0, 240'000}}));
  EXPECT_TRUE(list.transitions.empty());
}

TEST(CutIntoShotsTest, AVideoInTransitionThroughoutIsOneShot) {
  EXPECT_EQ(cut_into_shots(times(3), {1, 1, 1}, 0.5).shots, (std::vector<TimeSpan>{{0, 120'000}}));
}

TEST(CutIntoShotsTest, TheThresholdItselfIsNoTransition) {
  EXPECT_EQ(cut_into_shots(times(3), {0, 0.5F, 0}, 0.5).shots.size(), 1U);
}

TEST(CutIntoShotsTest, UsesTheFramesOwnTimes) {
  // Variable frame rate, starting late: the last shot lasts as long beyond its last frame as frames
  // usually are apart.
  const auto list =
      cut_into_shots({1'000'000, 1'100'000, 1'200'000, 2'000'000, 2'100'000}, {0, 0, 1, 0, 0}, 0.5);
  EXPECT_EQ(list.shots, (std::vector<TimeSpan>{{1'000'000, 2'000'000}, {2'000'000, 2'200'000}}));
}

TEST(CutIntoShotsTest, HandlesOneFrameAndNone) {
  EXPECT_EQ(cut_into_shots({7}, {0}, 0.5).shots, (std::vector<TimeSpan>{{7, 40'007}}));
  EXPECT_TRUE(cut_into_shots({}, {}, 0.5).shots.empty());
}

TEST(CutIntoShotsTest, RefusesTimesThatDoNotFit) {
  EXPECT_THROW(cut_into_shots({0, 1}, {0}, 0.5), Error);
  EXPECT_THROW(cut_into_shots({1, 0}, {0, 0}, 0.5), Error);
}

TEST(TransitionFinderTest, TellsATransitionOnceItHasEnded) {
  TransitionFinder finder;
  EXPECT_FALSE(finder.settled());
  EXPECT_FALSE(finder.push(false));
  EXPECT_EQ(finder.settled(), 0U);
  EXPECT_FALSE(finder.push(true));
  EXPECT_FALSE(finder.push(true));
  EXPECT_EQ(finder.settled(), 1U);  // the cut lies behind the run's first frame
  const auto transition = finder.push(false);
  ASSERT_TRUE(transition);
  EXPECT_EQ(transition->first, 1U);
  EXPECT_EQ(transition->after, 3U);
  EXPECT_EQ(transition->cut(), 2U);
  EXPECT_EQ(finder.settled(), 3U);
}

TEST(TransitionFinderTest, ARunAtTheBeginningIsNoTransition) {
  TransitionFinder finder;
  EXPECT_FALSE(finder.push(true));
  EXPECT_FALSE(finder.push(false));
  EXPECT_EQ(finder.settled(), 1U);
}

class ShotDetectorTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Checkpoint checkpoint(test::pack_folder() / "models" / "transnet-v2");
    model_ = make_transnet_v2(checkpoint);
  }
  static void TearDownTestSuite() { model_.reset(); }

  /// What the detector says of `film` [T, 27, 48, 3].
  static ShotList detect(const at::Tensor& film, int threads) {
    ThreadBudget budget(threads);
    ShotDetector detector(*model_, budget);
    for (std::int64_t i = 0; i < film.size(0); ++i) {
      const auto frame = film[i].contiguous();
      const auto* first = frame.const_data_ptr<std::uint8_t>();
      detector.push(i * 40'000,
                    {.width = 48, .height = 27, .pixels = {first, first + 27 * 48 * 3}});
    }
    return detector.finish();
  }
  static at::Tensor probabilities(const ShotList& list) {
    return at::tensor(at::ArrayRef<float>(list.probabilities));
  }

  static inline std::unique_ptr<TransNetV2> model_;
};

TEST_F(ShotDetectorTest, MatchesReferenceOverAllWindows) {
  const auto golden = test::Golden::open("transnet_v2");
  const auto film = golden.tensor("frames").index_select(0, golden.tensor("order"));
  const auto list = detect(film, 2);
  EXPECT_TRUE(
      test::all_close(probabilities(list), golden.tensor("cut"), {.atol = 1e-4, .rtol = 0}));
  // The reference's scenes are [first, last] frames; a run that begins the video makes none.
  const auto scenes = golden.json().at("scenes");
  ASSERT_EQ(list.shots.size(), scenes.size());
  for (std::size_t i = 1; i < scenes.size(); ++i) {
    EXPECT_EQ(list.shots[i].start, scenes[i][0].get<Time>() * 40'000);
  }
  EXPECT_EQ(list.shots.back().end, 130 * 40'000);
}

TEST_F(ShotDetectorTest, TellsEveryCutOnceAndNoneBeforeWhatItCalledSettled) {
  const auto golden = test::Golden::open("transnet_v2");
  // The film twice, so that there are several windows.
  const auto once = golden.tensor("frames").index_select(0, golden.tensor("order"));
  const auto film = at::cat({once, once});
  ThreadBudget budget(2);
  ShotDetector detector(*model_, budget);
  std::vector<Time> told;
  Time settled = 0;
  Time furthest_behind = 0;
  for (std::int64_t i = 0; i < film.size(0); ++i) {
    const auto frame = film[i].contiguous();
    const auto* first = frame.const_data_ptr<std::uint8_t>();
    detector.push(i * 40'000, {.width = 48, .height = 27, .pixels = {first, first + 27 * 48 * 3}});
    const ShotProgress progress = detector.poll();
    EXPECT_GE(progress.until, settled);
    for (const Time cut : progress.cuts) {
      EXPECT_GT(cut, settled);
      told.push_back(cut);
    }
    settled = progress.until;
    furthest_behind = std::max(furthest_behind, i * 40'000 - settled);
  }
  EXPECT_GT(settled, 3 * kSecond);           // long before the end
  EXPECT_LT(furthest_behind, 250 * 40'000);  // two windows under way and one to come
  std::vector<Time> later;
  for (const TimeSpan& shot : detector.finish().shots) {
    if (shot.start > settled) {
      later.push_back(shot.start);
    } else if (shot.start > 0) {
      ASSERT_FALSE(told.empty());
      EXPECT_EQ(told.front(), shot.start);
      told.erase(told.begin());
    }
  }
  EXPECT_TRUE(told.empty());
}

TEST_F(ShotDetectorTest, GivesTheSameBitsWithAnyNumberOfThreads) {
  const auto golden = test::Golden::open("transnet_v2");
  const auto film = golden.tensor("frames").index_select(0, golden.tensor("order"));
  EXPECT_EQ(detect(film, 1).probabilities, detect(film, 3).probabilities);
}

TEST_F(ShotDetectorTest, HasAProbabilityForEveryFrameWhateverTheLength) {
  for (const std::int64_t frames : {1, 49, 50, 51, 100}) {
    const auto list = detect(at::zeros({frames, 27, 48, 3}, at::kByte), 2);
    EXPECT_EQ(list.probabilities.size(), static_cast<std::size_t>(frames));
    EXPECT_EQ(list.shots, (std::vector<TimeSpan>{{0, frames * 40'000}})) << frames;
  }
  EXPECT_TRUE(detect(at::zeros({0, 27, 48, 3}, at::kByte), 2).shots.empty());
}

TEST_F(ShotDetectorTest, RefusesFramesOfAnotherSizeOrOutOfOrder) {
  ThreadBudget budget(1);
  ShotDetector detector(*model_, budget);
  const Image frame = {.width = 48, .height = 27, .pixels = std::vector<std::uint8_t>(27 * 48 * 3)};
  EXPECT_THROW(detector.push(0, {.width = 2, .height = 1, .pixels = {1, 2, 3, 4, 5, 6}}), Error);
  detector.push(40'000, frame);
  EXPECT_THROW(detector.push(0, frame), Error);
}

TEST_F(ShotDetectorTest, FindsTheShotsOfARealVideoAtItsOwnTimes) {
  const auto path = kVideos / "Megamind.avi";
  ASSERT_TRUE(std::filesystem::exists(path)) << "install the Debian package opencv-doc";
  const auto golden = test::Golden::open("transnet_v2");
  ThreadBudget budget;
  const auto list = detect_shots(path, *model_, budget);
  const auto& expected = golden.json().at("videos").at("Megamind.avi");
  ASSERT_EQ(list.frame_times.size(), expected.at("frames").get<std::size_t>());
  // ffmpeg scales the reference's frames; the reader scales its own.
  EXPECT_TRUE(test::all_close(probabilities(list), golden.tensor("Megamind.avi.cut"),
                              {.atol = 0.05, .rtol = 0}));
  const auto& scenes = expected.at("scenes");
  ASSERT_EQ(list.shots.size(), scenes.size());
  for (std::size_t i = 1; i < scenes.size(); ++i) {
    EXPECT_EQ(list.shots[i].start, list.frame_times[scenes[i][0].get<std::size_t>()]);
    EXPECT_EQ(list.shots[i - 1].end, list.shots[i].start);
  }
  EXPECT_NEAR(to_seconds(list.shots.back().end), 11.26, 0.1);
}

TEST_F(ShotDetectorTest, StopsOnRequest) {
  ThreadBudget budget;
  CancellationToken cancel;
  cancel.request();
  EXPECT_THROW(detect_shots(kVideos / "Megamind.avi", *model_, budget, cancel), Cancelled);
}

}  // namespace
}  // namespace ogam
