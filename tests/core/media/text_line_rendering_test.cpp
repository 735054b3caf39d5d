#include "core/media/text_line_rendering.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/base/error.h"
#include "tests/support/caption.h"

namespace ogam {
namespace {

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
  const Image image{100, 50, std::vector<std::uint8_t>(100 * 50 * 3)};
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
