#include "pipelines/understanding/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "core/text/unicode.h"
#include "pipelines/understanding/sentence_ranking.h"
#include "tests/pipelines/understanding/sample_material.h"

namespace ogam {
namespace {

using test::empty_video;
using test::sentence;

std::vector<const TimedSentence*> pointers(const std::vector<TimedSentence>& sentences) {
  std::vector<const TimedSentence*> all;
  for (const TimedSentence& one : sentences) {
    all.push_back(&one);
  }
  return all;
}

const std::string kFull = "A sentence of a good length, which says something at last.";

TEST(CentralityTest, TheSentenceOfTheMainTopicIsMostCentral) {
  std::vector<TimedSentence> sentences;
  for (int i = 0; i < 6; ++i) {
    sentences.push_back(sentence({}, kFull + std::to_string(i), 1));
  }
  sentences.push_back(sentence({}, kFull + "aside", 2));
  const auto scores = centrality(pointers(sentences));
  ASSERT_EQ(scores.size(), 7U);
  EXPECT_EQ(*std::max_element(scores.begin(), scores.end()), 1);
  EXPECT_EQ(std::min_element(scores.begin(), scores.end()) - scores.begin(), 6);
}

TEST(CentralityTest, WithoutVectorsAllAreEqual) {
  std::vector<TimedSentence> sentences = {sentence({}, kFull + "a"), sentence({}, kFull + "b")};
  for (TimedSentence& one : sentences) {
    one.vector.clear();
  }
  const auto scores = centrality(pointers(sentences));
  EXPECT_NEAR(scores[0], 1, 1e-6);
  EXPECT_NEAR(scores[1], 1, 1e-6);
  EXPECT_TRUE(centrality({}).empty());
}

TEST(DiverseTest, RepetitionIsNotChosen) {
  std::vector<TimedSentence> sentences = {sentence({}, kFull, 1), sentence({}, kFull, 1),
                                          sentence({}, kFull + "other", 2)};
  sentences[1].vector = sentences[0].vector;
  const std::vector<double> scores = {1, 1, 0.8};
  const auto chosen = choose_diverse(pointers(sentences), scores, 2);
  EXPECT_THAT(chosen, ::testing::ElementsAre(0, 2));
  EXPECT_EQ(choose_diverse(pointers(sentences), scores, 9).size(), 3U);
}

/// A talk of three hours with a sentence every four seconds, on topics of ten minutes.
AssetMaterial long_talk() {
  AssetMaterial material = empty_video(3 * 3600 * kSecond);
  for (Time i = 0; i < 2700; ++i) {
    material.spoken.push_back(
        sentence({i * 4 * kSecond, (i + 1) * 4 * kSecond},
                 "This is sentence number " + std::to_string(i) + " of a talk that is long.",
                 static_cast<unsigned>(i / 150)));
  }
  return material;
}

TEST(ContextTest, ThreeHoursFitTheBudget) {
  const std::vector<AssetMaterial> assets = {long_talk()};
  const ContextBudget budget{.characters = 6000};
  const Context context = draw_context(assets, budget);
  EXPECT_GT(context.characters_total, 100'000U);
  EXPECT_LE(context.characters, budget.characters);
  EXPECT_GT(context.characters, budget.characters / 2);
  EXPECT_GT(context.parts.size(), 10U);
  for (const ContextPart& part : context.parts) {
    EXPECT_GT(part.left_out, 0U);
    EXPECT_TRUE(std::is_sorted(part.sentences.begin(), part.sentences.end(),
                               [](const TimedSentence* a, const TimedSentence* b) {
                                 return a->span.start < b->span.start;
                               }));
  }
  EXPECT_LT(context.parts.front().span.start, 600 * kSecond);
  EXPECT_GT(context.parts.back().span.end, (3 * 3600 - 1200) * kSecond);
}

TEST(ContextTest, WhatFitsIsWhole) {
  AssetMaterial text = empty_video(0);
  text.asset.kind = "text";
  text.written = {sentence({}, "하나입니다.", 1, "ko"), sentence({}, "Two.", 2, "en")};
  const std::vector<AssetMaterial> assets = {text};
  const Context all = draw_context(assets, {});
  EXPECT_EQ(all.characters, all.characters_total);
  ASSERT_EQ(all.parts.size(), 1U);
  EXPECT_EQ(all.parts[0].sentences.size(), 2U);
  const Context korean = draw_context(assets, {}, "ko");
  ASSERT_EQ(korean.parts.size(), 1U);
  EXPECT_EQ(korean.parts[0].sentences.size(), 1U);
  EXPECT_TRUE(draw_context(assets, {}, "fr").parts.empty());
}

TEST(SummaryTest, QuotesSentencesInTheirOrder) {
  const std::vector<AssetMaterial> assets = {long_talk()};
  const Context context = draw_context(assets, {});
  const auto quotes = summarize_by_quoting(context, 12);
  ASSERT_EQ(quotes.size(), 12U);
  std::set<const TimedSentence*> known;
  for (const TimedSentence& one : assets[0].spoken) {
    known.insert(&one);
  }
  std::set<Time> topics;
  for (std::size_t i = 0; i < quotes.size(); ++i) {
    EXPECT_TRUE(known.contains(quotes[i].sentence));
    EXPECT_LE(quotes[i].sentence->span.end, assets[0].asset.duration);
    topics.insert(quotes[i].sentence->span.start / (600 * kSecond));
    if (i > 0) {
      EXPECT_LT(quotes[i - 1].sentence->span.start, quotes[i].sentence->span.start);
    }
  }
  EXPECT_GE(topics.size(), 8U);  // not all from one place
}

TEST(SummaryTest, NothingToQuoteIsNothing) {
  const std::vector<AssetMaterial> assets = {empty_video(60 * kSecond)};
  EXPECT_TRUE(summarize_by_quoting(draw_context(assets, {}), 3).empty());
}

TEST(SummaryTest, CitationsAreWholeSecondsWithinTheSpan) {
  EXPECT_EQ(cite({754 * kSecond + 900'000, 760 * kSecond + 999'999}), "0:12:34-0:12:40");
  EXPECT_EQ(cite({3600 * kSecond, 3600 * kSecond}), "1:00:00-1:00:00");
}

}  // namespace
}  // namespace ogam
