#include "core/media/text_overlay.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ogam {
namespace {

TEST(TextOverlayTest, TextIsDrawnWhileItIsShownAndNowhereElse) {
  const Size size = {640, 360};
  TextOverlay overlay(size, {{.span = {kSecond, 2 * kSecond}, .text = "한글 text {x}"}});
  Picture before = black_picture(size);
  overlay.draw(before, kSecond - 40'000);
  EXPECT_EQ(before.planes, black_picture(size).planes);
  Picture shown = black_picture(size);
  std::ranges::fill(shown.planes[1], std::uint8_t{90});
  overlay.draw(shown, kSecond);
  const auto& luma = shown.planes[0];
  const auto half = luma.begin() + static_cast<std::ptrdiff_t>(luma.size() / 2);
  EXPECT_EQ(std::count_if(luma.begin(), half, [](int value) { return value > 100; }), 0);
  EXPECT_GT(std::count_if(half, luma.end(), [](int value) { return value > 225; }), 200);
  EXPECT_GT(std::ranges::count(shown.planes[1], std::uint8_t{128}), 50);
}

}  // namespace
}  // namespace ogam
