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

TEST(RenderTextLineTest, GivesDarkStrokesOnWhiteForBothPolarities) {
  for (const bool light : {true, false}) {
    const Image image = test::draw_caption({.text = "자막 처리",
                                            .ink = light ? "white" : "black",
                                            .paper = light ? "navy" : "yellow"});
    const auto lines = find_text_lines(image);
    ASSERT_EQ(lines.size(), 1U);
    for (const auto rendering : {LineRendering::gray, LineRendering::strokes}) {
      const GrayImage paper = render_text_line(image, lines.front(), 40, rendering);
      EXPECT_GT(paper.height, 40);
      EXPECT_LT(paper.height, 90);
      const auto dark = std::ranges::count_if(paper.pixels, [](auto x) { return x < 128; });
      const double share = static_cast<double>(dark) / static_cast<double>(paper.pixels.size());
      EXPECT_GT(share, 0.03);
      EXPECT_LT(share, 0.35);
    }
  }
}

TEST(RenderTextLineTest, RefusesLinesOutsideThePicture) {
  const Image image = plain(100, 50, 0);
  EXPECT_THROW(
      render_text_line(image, {.left = 90, .top = 0, .size = {20, 10}}, 40, LineRendering::gray),
      Error);
  EXPECT_THROW(
      render_text_line(image, {.left = 0, .top = 0, .size = {0, 10}}, 40, LineRendering::gray),
      Error);
}

TEST(TextLineSignatureTest, KnowsTheSameWordsOnAnotherGroundAndTellsOthers) {
  const auto sign = [](const std::string& text, const std::string& paper) {
    const Image image = test::draw_caption({.text = text, .paper = paper, .outline = "black"});
    return TextLineSignature(image, find_text_lines(image).at(0));
  };
  const auto first = sign("주차장이 늘어날 예정입니다", "black");
  EXPECT_GT(first.similarity(sign("주차장이 늘어날 예정입니다", "0x405060")), 0.8F);
  EXPECT_LT(first.similarity(sign("강원도에 많은 눈이 왔습니다", "black")), 0.5F);
}

}  // namespace
}  // namespace ogam
