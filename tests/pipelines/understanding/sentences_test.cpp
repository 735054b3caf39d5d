#include "pipelines/understanding/sentences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ogam {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Time kLong = 1000 * kSecond;

/// An utterance whose words last half a second each.
WordsRecord said(const std::string& text, Time start, const std::string& language = "en") {
  WordsRecord record;
  record.lane = Lane::speech;
  record.text.text = text;
  record.text.language = language;
  Time time = start;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t to = std::min(text.find(' ', from), text.size());
    record.text.words.push_back({{time, time + kSecond / 2}, text.substr(from, to - from), 1});
    time += kSecond / 2;
    from = to + 1;
  }
  record.text.span = {start, time};
  return record;
}

std::vector<std::string> texts_of(const std::vector<TimedSentence>& sentences) {
  std::vector<std::string> texts;
  for (const TimedSentence& sentence : sentences) {
    texts.push_back(sentence.text);
  }
  return texts;
}

TEST(SentencesTest, AreJoinedAcrossUtterancesAndCutBehindMarks) {
  const auto sentences = make_sentences(
      {said("It was late. The last train", 0), said("had gone. We walked.", 3 * kSecond)},
      Lane::speech, kLong);
  EXPECT_THAT(texts_of(sentences),
              ElementsAre("It was late.", "The last train had gone.", "We walked."));
  EXPECT_EQ(sentences[0].span, (TimeSpan{0, 3 * kSecond / 2}));
  EXPECT_EQ(sentences[1].span, (TimeSpan{3 * kSecond / 2, 4 * kSecond}));
  EXPECT_FALSE(sentences[0].record.has_value());
}

TEST(SentencesTest, OneThatIsAWholeUtteranceKnowsItsRecord) {
  const auto sentences =
      make_sentences({said("Half of", 0), said("it.", kSecond), said("All of it.", 5 * kSecond)},
                     Lane::speech, kLong);
  EXPECT_THAT(texts_of(sentences), ElementsAre("Half of it.", "All of it."));
  EXPECT_FALSE(sentences[0].record.has_value());
  EXPECT_EQ(sentences[1].record, 2U);
}

TEST(SentencesTest, KoreanEndsWithoutMarks) {
  const auto sentences = make_sentences(
      {said("다음 역은 서울역입니다", 0, "ko"), said("내리실 문은", 3 * kSecond, "ko"),
       said("왼쪽이에요", 4 * kSecond, "ko")},
      Lane::speech, kLong);
  EXPECT_THAT(texts_of(sentences), ElementsAre("다음 역은 서울역입니다", "내리실 문은 왼쪽이에요"));
}

TEST(SentencesTest, UtterancesOfLanguagesWithoutSpacesAreJoinedWithoutOne) {
  const auto sentences = make_sentences({said("次は", 0, "ja"), said("東京です。", kSecond, "ja")},
                                        Lane::speech, kLong);
  EXPECT_THAT(texts_of(sentences), ElementsAre("次は東京です。"));
}

TEST(SentencesTest, APauseEndsOne) {
  const auto sentences =
      make_sentences({said("no mark", 0), said("much later", 10 * kSecond)}, Lane::speech, kLong);
  EXPECT_THAT(texts_of(sentences), ElementsAre("no mark", "much later"));
}

TEST(SentencesTest, TitlesAndInitialsEndNone) {
  const auto sentences = make_sentences({said("Mr. J. Smith left.", 0)}, Lane::speech, kLong);
  EXPECT_THAT(texts_of(sentences), ElementsAre("Mr. J. Smith left."));
}

TEST(SentencesTest, EndlessSpeechIsCutAtUtterances) {
  std::vector<WordsRecord> words;
  for (int i = 0; i < 100; ++i) {
    words.push_back(said("and so on and on and on", i * 4 * kSecond));
  }
  const auto sentences = make_sentences(words, Lane::speech, kLong);
  ASSERT_GT(sentences.size(), 5U);
  for (const TimedSentence& sentence : sentences) {
    EXPECT_LE(sentence.text.size(), 340U);
  }
}

TEST(SentencesTest, TimesAreDrawnIntoTheAsset) {
  const auto sentences =
      make_sentences({said("Beyond the end.", 8 * kSecond)}, Lane::speech, 9 * kSecond);
  ASSERT_EQ(sentences.size(), 1U);
  EXPECT_EQ(sentences[0].span, (TimeSpan{8 * kSecond, 9 * kSecond}));
}

TEST(SentencesTest, WhatIsWrittenStaysAsItWasRead) {
  WordsRecord line;
  line.lane = Lane::text;
  line.text = {{kSecond, 2 * kSecond}, "예산 회의. 3층", {}, ""};
  WordsRecord dash = line;
  dash.text.text = "---";
  const auto sentences = make_sentences({line, dash, said("Spoken.", 0)}, Lane::text, kLong);
  EXPECT_THAT(texts_of(sentences), ElementsAre("예산 회의. 3층"));
  EXPECT_EQ(sentences[0].language, "ko");
  EXPECT_EQ(sentences[0].record, 0U);
}

TEST(SentencesTest, BrokenTextIsRepaired) {
  WordsRecord record = said("good", 0);
  record.text.text = "bad \xff\xfe bytes.";
  const auto sentences = make_sentences({record}, Lane::speech, kLong);
  ASSERT_EQ(sentences.size(), 1U);
  EXPECT_EQ(sentences[0].text, "bad \xEF\xBF\xBD\xEF\xBF\xBD bytes.");
  EXPECT_THAT(make_sentences({}, Lane::speech, 0), IsEmpty());
}

}  // namespace
}  // namespace ogam
