#include "pipelines/understanding/sources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/pipelines/understanding/sample_material.h"

namespace ogam {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Citation said(Time start, const std::string& text) {
  return {.asset = "b3:1",
          .path = "talk.mp4",
          .span = {start, start + 2 * kSecond},
          .lane = Lane::speech,
          .text = text,
          .score = 1};
}

/// A token for each four characters.
SourceBudget budget_of(std::int64_t tokens) {
  return {.tokens = tokens, .count = [](std::string_view text) {
            return static_cast<std::int64_t>(text.size() + 3) / 4;
          }};
}

TEST(SourcesTest, ALineHasNumberTimeAndText) {
  EXPECT_EQ(source_line(3, said(9 * kSecond, "It opens at nine.")), "[3] 0:09 It opens at nine.");
  EXPECT_EQ(source_line(1, said(3723 * kSecond, "a\nb\x1b")), "[1] 1:02:03 a b ");
  Citation picture = said(0, "cheetah");
  picture.span = {};
  picture.lane = Lane::visual;
  EXPECT_EQ(source_line(2, picture), "[2] (seen) cheetah");
}

TEST(SourcesTest, SeveralAssetsStandUnderTheirNames) {
  Sources sources{.list = {said(0, "a"), said(kSecond, "b")}};
  EXPECT_EQ(source_lines(sources), "[1] 0:00 a\n[2] 0:01 b\n");
  sources.list.push_back(said(0, "c"));
  sources.list.back().asset = "b3:2";
  sources.list.back().path = "other/강연.mp4";
  EXPECT_EQ(source_lines(sources), "talk.mp4:\n[1] 0:00 a\n[2] 0:01 b\n강연.mp4:\n[3] 0:00 c\n");
  EXPECT_THAT(source_texts(sources)[2], HasSubstr("강연.mp4"));
}

class DrawnSourcesTest : public ::testing::Test {
 protected:
  DrawnSourcesTest() : assets_({test::empty_video(600 * kSecond)}) {
    for (int i = 0; i < 100; ++i) {
      assets_[0].spoken.push_back(
          test::sentence({i * 6 * kSecond, (i * 6 + 5) * kSecond},
                         "Sentence number " + std::to_string(i) + " of this talk.",
                         static_cast<unsigned>(i / 20)));
    }
  }
  std::vector<AssetMaterial> assets_;
};

TEST_F(DrawnSourcesTest, AllIsReadWhereItFits) {
  const auto sources = draw_sources(assets_, budget_of(10000));
  EXPECT_EQ(sources.list.size(), 100U);
  EXPECT_EQ(sources.left_out, 0U);
}

TEST_F(DrawnSourcesTest, ABudgetIsKeptAndSpentOverTheWholeLength) {
  for (const std::int64_t tokens : {60, 200, 500}) {
    const auto sources = draw_sources(assets_, budget_of(tokens));
    EXPECT_LE(sources.tokens, tokens);
    EXPECT_GT(sources.tokens, tokens / 3);
    EXPECT_EQ(sources.left_out, 100 - sources.list.size());
    EXPECT_TRUE(std::is_sorted(
        sources.list.begin(), sources.list.end(),
        [](const Citation& a, const Citation& b) { return a.span.start < b.span.start; }));
    if (tokens == 500) {
      EXPECT_LT(sources.list.front().span.start, 200 * kSecond);
      EXPECT_GT(sources.list.back().span.start, 400 * kSecond);
    }
  }
}

TEST_F(DrawnSourcesTest, ABudgetWithRoomForNothingGivesNothing) {
  EXPECT_TRUE(draw_sources(assets_, budget_of(3)).list.empty());
}

}  // namespace
}  // namespace ogam
