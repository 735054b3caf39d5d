#include "core/media/picture.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/error.h"
#include "core/media/frame_rate.h"

namespace ogam {
namespace {

Picture filled(Size size, std::uint8_t luma, std::uint8_t chroma) {
  Picture picture = black_picture(size);
  std::ranges::fill(picture.planes[0], luma);
  std::ranges::fill(picture.planes[1], chroma);
  return picture;
}

TEST(PictureTest, BlackIsBlackInAllPlanes) {
  const Picture picture = black_picture({8, 4});
  EXPECT_EQ(picture.planes[0], std::vector<std::uint8_t>(32, 16));
  EXPECT_EQ(picture.planes[2], std::vector<std::uint8_t>(8, 128));
  EXPECT_THROW(black_picture({7, 4}), Error);
  EXPECT_THROW(black_picture({0, 4}), Error);
}

TEST(PictureTest, APictureIsPlacedWithBlackAroundIt) {
  const Picture placed = place(filled({4, 2}, 200, 90), {8, 6}, {2, 2});
  EXPECT_EQ(placed.planes[0][2 * 8 + 2], 200);
  EXPECT_EQ(placed.planes[0][3 * 8 + 5], 200);
  EXPECT_EQ(placed.planes[0][1 * 8 + 2], 16);
  EXPECT_EQ(placed.planes[0][2 * 8 + 6], 16);
  EXPECT_EQ(placed.planes[1][1 * 4 + 1], 90);
  EXPECT_EQ(placed.planes[1][1 * 4 + 3], 128);
}

TEST(PictureTest, WhatReachesOverTheEdgesIsCutOff) {
  Picture picture = black_picture({8, 4});
  picture.planes[0][0 * 8 + 6] = 250;
  const Picture placed = place(picture, {2, 2}, {-6, 0});
  EXPECT_EQ(placed.size, (Size{2, 2}));
  EXPECT_EQ(placed.planes[0], (std::vector<std::uint8_t>{250, 16, 16, 16}));
  EXPECT_EQ(place(picture, {4, 4}, {-20, 0}).planes[0], black_picture({4, 4}).planes[0]);
  EXPECT_THROW(place(picture, {4, 4}, {1, 0}), Error);
}

TEST(PictureTest, MixingGoesFromOnePictureToTheOther) {
  for (const auto& [weight, luma] : {std::pair{0.0, 40}, {0.25, 80}, {1.0, 200}}) {
    Picture picture = filled({4, 4}, 40, 100);
    mix(picture, filled({4, 4}, 200, 100), weight);
    EXPECT_EQ(picture.planes[0][7], luma);
    EXPECT_EQ(picture.planes[1][3], 100);
  }
  Picture other = black_picture({2, 2});
  EXPECT_THROW(mix(other, black_picture({4, 4}), 0.5), Error);
}

TEST(FrameRateTest, RatesAreThoseThatPlayersKnow) {
  EXPECT_EQ(usual_rate(25), (FrameRate{25, 1}));
  EXPECT_EQ(usual_rate(29.97), (FrameRate{30000, 1001}));
  EXPECT_EQ(usual_rate(23.976), (FrameRate{24000, 1001}));
  EXPECT_EQ(usual_rate(24.0), (FrameRate{24, 1}));
  EXPECT_EQ(usual_rate(26.3), (FrameRate{30000, 1001}));
  EXPECT_EQ(usual_rate(240), (FrameRate{60, 1}));
  EXPECT_EQ(usual_rate(0), (FrameRate{25, 1}));
}

TEST(FrameRateTest, FramesAndTimesAgreeOverADay) {
  const FrameRate rate{30000, 1001};
  for (const std::int64_t frame : {0, 1, 29, 30, 107892, 2589408}) {
    EXPECT_EQ(rate.frames_in(rate.time_of(frame)), frame);
  }
  EXPECT_EQ(rate.time_of(30000), 1001 * kSecond);
}

}  // namespace
}  // namespace ogam
