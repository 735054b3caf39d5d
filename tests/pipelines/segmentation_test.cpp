#include "pipelines/segmentation.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace ogam {
namespace {

constexpr Time kS = kSecond;

TEST(SegmentRuleTest, ReadsShotsAndFixedLengths) {
  EXPECT_EQ(SegmentRule::parse("shots").kind, SegmentRule::Kind::shots);
  EXPECT_EQ(SegmentRule::parse("fixed:2.5").length, 2'500'000);
  for (const char* text : {"", "fixed", "fixed:", "fixed:0", "fixed:-1", "fixed:x", "scenes"}) {
    EXPECT_THROW(SegmentRule::parse(text), Error) << text;
  }
}

TEST(MakeSegmentsTest, LongShotsAreSplitEvenlyAndCoverTheWholeAsset) {
  const auto segments = make_segments({{kS, 5 * kS}, {5 * kS, 30 * kS}}, 32 * kS, {});
  const std::vector<TimeSpan> expected = {
      {0, 5 * kS}, {5 * kS, 14 * kS}, {14 * kS, 23 * kS}, {23 * kS, 32 * kS}};
  EXPECT_EQ(segments, expected);
}

TEST(MakeSegmentsTest, WithoutShotsThereAreFixedWindows) {
  const std::vector<TimeSpan> expected = {{0, 10 * kS}, {10 * kS, 20 * kS}, {20 * kS, 21 * kS}};
  EXPECT_EQ(make_segments({}, 21 * kS, {}), expected);
}

TEST(MakeSegmentsTest, AnEmptyAssetStillHasOneSegment) {
  EXPECT_EQ(make_segments({}, 0, {}).size(), 1U);
}

TEST(MakeSegmentsTest, FixedSegmentsIgnoreShots) {
  const auto segments =
      make_segments({{0, 3 * kS}, {3 * kS, 8 * kS}}, 8 * kS, SegmentRule::parse("fixed:4"));
  const std::vector<TimeSpan> expected = {{0, 4 * kS}, {4 * kS, 8 * kS}};
  EXPECT_EQ(segments, expected);
}

TEST(SegmentAtTest, TimesOutsideBelongToTheNearestSegment) {
  const std::vector<TimeSpan> segments = {{0, 4 * kS}, {4 * kS, 8 * kS}};
  EXPECT_EQ(segment_at(segments, -kS), 0U);
  EXPECT_EQ(segment_at(segments, 4 * kS), 1U);
  EXPECT_EQ(segment_at(segments, 100 * kS), 1U);
}

TEST(SegmentOfTest, ASpanBelongsToTheSegmentItSharesMostWith) {
  const std::vector<TimeSpan> segments = {{0, 4 * kS}, {4 * kS, 8 * kS}, {8 * kS, 12 * kS}};
  EXPECT_EQ(segment_of(segments, {3 * kS, 7 * kS}), 1U);
  EXPECT_EQ(segment_of(segments, {2 * kS, 6 * kS}), 0U) << "equal shares: the first one";
  EXPECT_EQ(segment_of(segments, {5 * kS, 5 * kS}), 1U) << "an empty span";
}

}  // namespace
}  // namespace ogam
