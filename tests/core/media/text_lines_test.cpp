#include "core/media/text_lines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "core/base/error.h"
#include "tests/support/caption.h"

namespace ogam {
namespace {

Image plain(int width, int height, std::uint8_t value) {
  return {width, height,
          std::vector<std::uint8_t>(
              static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3, value)};
}

TEST(FindTextLinesTest, FindsOneLineWhereItStands) {
  for (const int size : {20, 40, 72, 110}) {
    const auto lines = find_text_lines(
        test::draw_caption({.text = "오늘의 주요 뉴스", .size = size, .left = 150, .top = 300}));
    ASSERT_EQ(lines.size(), 1U) << size;
    const TextLine& line = lines.front();
    EXPECT_TRUE(line.light);
    EXPECT_NEAR(line.left, 150, size / 5 + 4);
    EXPECT_NEAR(line.top, 300, size / 5 + 4);
    EXPECT_NEAR(line.size.height, size, size / 4 + 4);
    EXPECT_GT(line.size.width, 5 * size);
  }
}

TEST(FindTextLinesTest, TellsDarkWritingFromLight) {
  const auto lines = find_text_lines(
      test::draw_caption({.text = "회의는 세 시에 시작합니다", .ink = "black", .paper = "white"}));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_FALSE(lines.front().light);
}

TEST(FindTextLinesTest, PartsLinesThatStandCloseTogether) {
  const auto lines = find_text_lines(test::draw_caption(
      {.text = "첫째 줄에는 제목이 있다\n둘째 줄에는 설명이 있다\n셋째 줄에는 날짜가 있다"}));
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_LT(lines[0].top, lines[1].top);
  EXPECT_LT(lines[1].top, lines[2].top);
}

TEST(FindTextLinesTest, FindsNothingInPlainPicturesRampsAndNoise) {
  EXPECT_TRUE(find_text_lines(plain(640, 360, 128)).empty());
  Image ramp = plain(640, 360, 0);
  Image noise = ramp;
  std::mt19937 random(7);
  for (std::size_t i = 0; i < ramp.pixels.size(); ++i) {
    ramp.pixels[i] = static_cast<std::uint8_t>(i / 3 % 640 * 255 / 640);
    noise.pixels[i] = static_cast<std::uint8_t>(random());
  }
  EXPECT_TRUE(find_text_lines(ramp).empty());
  EXPECT_TRUE(find_text_lines(noise).empty());
}

TEST(FindTextLinesTest, TakesTheSmallestPictures) {
  for (const int side : {1, 2, 7, 8, 65}) {
    EXPECT_TRUE(find_text_lines(plain(side, side, 255)).empty()) << side;
    EXPECT_TRUE(find_text_lines(plain(side, 1, 0)).empty()) << side;
  }
}

TEST(FindTextLinesTest, RefusesPixelsThatDoNotFitTheSize) {
  Image image = plain(64, 64, 0);
  image.pixels.pop_back();
  EXPECT_THROW(find_text_lines(image), Error);
  EXPECT_THROW(find_text_lines(Image{}), Error);
}

}  // namespace
}  // namespace ogam
