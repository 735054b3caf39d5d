#include "pipelines/editing/subject_path.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "core/base/error.h"

namespace ogam {
namespace {

constexpr Size kSize = {96, 54};

/// A noisy ground with a bright square whose left edge is at `left`.
Image scene(int left, bool transposed = false) {
  const Size size = transposed ? Size{kSize.height, kSize.width} : kSize;
  Image image{.width = size.width, .height = size.height, .pixels = {}};
  std::mt19937 random(3);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      const int along = transposed ? y : x;
      const int across = transposed ? x : y;
      const bool inside = along >= left && along < left + 10 && across >= 20 && across < 30;
      const auto value = static_cast<std::uint8_t>(inside ? 230 : 80 + random() % 20);
      image.pixels.insert(image.pixels.end(), 3, value);
    }
  }
  return image;
}

TEST(SubjectPathTest, TheWindowFollowsWhatMovesWithoutJumping) {
  for (const bool transposed : {false, true}) {
    std::vector<Image> pictures;
    std::vector<int> places;
    for (int i = 0; i < 40; ++i) {
      places.push_back(43 + static_cast<int>(35 * std::sin(i / 6.0)));
      pictures.push_back(scene(places.back(), transposed));
    }
    const std::vector<double> path = follow_weight(weigh_subject(pictures, !transposed), 30);
    ASSERT_EQ(path.size(), pictures.size());
    for (std::size_t i = 1; i < path.size(); ++i) {
      EXPECT_LE(path[i], places[i] + 2) << i;
      EXPECT_GE(path[i] + 30, places[i] + 10 - 2) << i;
      EXPECT_LE(std::abs(path[i] - path[i - 1]), 8) << i;
    }
  }
}

TEST(SubjectPathTest, AStillPictureIsCutWhereItStandsOut) {
  const std::vector<Image> pictures(5, scene(80));
  for (const double place : follow_weight(weigh_subject(pictures, true), 30)) {
    EXPECT_GE(place + 30, 90);
  }
}

TEST(SubjectPathTest, AnEvenPictureIsCutInItsMiddle) {
  const Image gray{.width = 96, .height = 54, .pixels = std::vector<std::uint8_t>(96 * 54 * 3, 90)};
  for (const double place : follow_weight(weigh_subject({gray, gray}, true), 30)) {
    EXPECT_EQ(place, 33);
  }
}

TEST(SubjectPathTest, PlacesBetweenTimesLieOnStraightLines) {
  const SubjectPath path{.times = {0, kSecond}, .places = {0.2, 0.6}};
  EXPECT_DOUBLE_EQ(path.place_at(-5), 0.2);
  EXPECT_DOUBLE_EQ(path.place_at(kSecond / 4), 0.3);
  EXPECT_DOUBLE_EQ(path.place_at(9 * kSecond), 0.6);
  EXPECT_DOUBLE_EQ(SubjectPath{}.place_at(0), 0.5);
}

TEST(SubjectPathTest, AWindowThatDoesNotFitIsRefused) {
  EXPECT_THROW(follow_weight({{0.5, 0.5}}, 3), Error);
}

}  // namespace
}  // namespace ogam
