#include "pipelines/understanding/highlights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/pipelines/understanding/sample_material.h"

namespace ogam {
namespace {

using test::add_pictures;
using test::empty_video;
using test::sentence;

TEST(HighlightsTest, LoudnessAndLaughterStandOut) {
  AssetMaterial material = empty_video(60 * kSecond);
  std::vector<double> loudness(material.segments.size(), -30);
  loudness[4] = -12;
  material.segments[4].sounds = {{"Laughter", 0.5F}};
  loudness[9] = -20;
  const auto highlights = find_salient(material, loudness, {});
  ASSERT_EQ(highlights.size(), 2U);
  EXPECT_EQ(highlights[0].span, material.segments[4].span);
  EXPECT_EQ(highlights[1].span, material.segments[9].span);
  EXPECT_GT(highlights[0].score, highlights[1].score);
  ASSERT_EQ(highlights[0].reasons.size(), 2U);
  EXPECT_EQ(highlights[0].reasons[0].kind, "sound");
  EXPECT_EQ(highlights[0].reasons[1].text, "18 dB louder than usual");
}

TEST(HighlightsTest, FastSpeechStandsOutAndIsNotCut) {
  AssetMaterial material = empty_video(60 * kSecond);
  for (Time i = 0; i < 11; ++i) {
    const bool fast = i == 5;
    material.spoken.push_back(
        sentence({i * 5 * kSecond + 2 * kSecond, (i + 1) * 5 * kSecond + kSecond},
                 fast ? "one two three four five six seven eight nine ten "
                        "eleven twelve"
                      : "one two three four"));
  }
  const auto highlights = find_salient(material, {}, {.most = 1});
  ASSERT_EQ(highlights.size(), 1U);
  EXPECT_EQ(highlights[0].reasons[0].kind, "speech rate");
  EXPECT_TRUE(highlights[0].span.contains(28 * kSecond));
  for (const TimedSentence& one : material.spoken) {
    EXPECT_FALSE(one.span.start < highlights[0].span.start &&
                 highlights[0].span.start < one.span.end);
    EXPECT_FALSE(one.span.start < highlights[0].span.end && highlights[0].span.end < one.span.end);
  }
}

TEST(HighlightsTest, UnusualPicturesStandOut) {
  AssetMaterial material = empty_video(60 * kSecond);
  add_pictures(material, {0, 30 * kSecond}, 1);
  add_pictures(material, {30 * kSecond, 35 * kSecond}, 2);
  add_pictures(material, {35 * kSecond, 60 * kSecond}, 1);
  const auto highlights = find_salient(material, {}, {});
  ASSERT_EQ(highlights.size(), 1U);
  EXPECT_EQ(highlights[0].span.start, 30 * kSecond);
  EXPECT_EQ(highlights[0].reasons[0].kind, "novelty");
}

TEST(HighlightsTest, NumberAndLengthAreKept) {
  AssetMaterial material = empty_video(100 * kSecond);
  for (std::size_t i = 0; i < material.segments.size(); i += 2) {
    material.segments[i].sounds = {{"Applause", 0.9F}};
  }
  EXPECT_EQ(find_salient(material, {}, {.most = 3}).size(), 3U);
  EXPECT_EQ(find_salient(material, {}, {.most = 100, .total = 12 * kSecond}).size(), 2U);
}

TEST(HighlightsTest, WhereAllIsAlikeNothingStandsOut) {
  AssetMaterial material = empty_video(60 * kSecond);
  const std::vector<double> loudness(material.segments.size(), -30);
  EXPECT_TRUE(find_salient(material, loudness, {}).empty());
}

TEST(HighlightsTest, FoundMomentsKeepTheirScoreAndDoNotOverlap) {
  AssetMaterial material = empty_video(60 * kSecond);
  Moment first;
  first.score = 0.9;
  first.span = {10 * kSecond, 20 * kSecond};
  first.lanes[Lane::speech] = {.score = 0.9, .time = 0, .text = "heavy rain", .words = {}};
  Moment second = first;
  second.score = 0.5;
  second.span = {15 * kSecond, 25 * kSecond};
  const std::vector<Moment> moments = {second, first};
  const auto highlights = highlights_of_moments(material, moments, {});
  ASSERT_EQ(highlights.size(), 1U);
  EXPECT_EQ(highlights[0].score, 0.9);
  EXPECT_EQ(highlights[0].reasons[0].text, "speech 90% “heavy rain”");
}

TEST(HighlightsTest, WhatHasNoTimeHasNone) {
  EXPECT_THROW(find_salient(empty_video(0), {}, {}), Error);
}

}  // namespace
}  // namespace ogam
