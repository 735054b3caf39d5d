#include "core/text/sentences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ogam {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> texts(std::string_view text, std::size_t limit = 400) {
  std::vector<std::string> texts;
  for (const auto& sentence : split_sentences(text, limit)) {
    texts.push_back(sentence.text);
  }
  return texts;
}

TEST(SentencesTest, EndAtPointsQuestionsAndExclamations) {
  EXPECT_THAT(texts("It rains. Really?! Yes... \"No!\" he said."),
              ElementsAre("It rains.", "Really?!", "Yes...", "\"No!\" he said."));
}

TEST(SentencesTest, DoNotEndAtAbbreviationsInitialsAndNumbers) {
  EXPECT_THAT(
      texts("Dr. Kim paid 3.5 dollars at 9 a.m. on No. 5 Main St. It was J. R. Smith, e.g. him."),
      ElementsAre("Dr. Kim paid 3.5 dollars at 9 a.m. on No. 5 Main St. It was J. R. Smith, "
                  "e.g. him."));
  EXPECT_THAT(texts("We met at 5 p.m. Then we left."),
              ElementsAre("We met at 5 p.m.", "Then we left."));
  EXPECT_THAT(texts("1. Buy milk. 2. Sleep."), ElementsAre("1. Buy milk.", "2. Sleep."));
  EXPECT_THAT(texts("The answer is no. It rains."), ElementsAre("The answer is no.", "It rains."));
}

TEST(SentencesTest, KoreanEndsWithAndWithoutASpace) {
  EXPECT_THAT(texts("비가 옵니다. 정말요? 네!"), ElementsAre("비가 옵니다.", "정말요?", "네!"));
  EXPECT_THAT(texts("비가 왔다.그래서 집에 있었다."),
              ElementsAre("비가 왔다.", "그래서 집에 있었다."));
  EXPECT_THAT(texts("2026. 3. 15. 서울에서 열렸다. 끝."),
              ElementsAre("2026. 3. 15. 서울에서 열렸다.", "끝."));
  EXPECT_THAT(texts("雨です。そうですか？はい。"),
              ElementsAre("雨です。", "そうですか？", "はい。"));
}

TEST(SentencesTest, EmptyLinesEndParagraphsAndSingleOnesAreSpaces) {
  const auto sentences = split_sentences("A title\n\nOne\nline. Two.\r\n \r\nThree");
  ASSERT_EQ(sentences.size(), 4u);
  EXPECT_EQ(sentences[0].text, "A title");
  EXPECT_TRUE(sentences[0].ends_paragraph);
  EXPECT_EQ(sentences[1].text, "One line.");
  EXPECT_FALSE(sentences[1].ends_paragraph);
  EXPECT_TRUE(sentences[2].ends_paragraph);
  EXPECT_EQ(sentences[3].text, "Three");
  EXPECT_TRUE(sentences[3].ends_paragraph);
}

TEST(SentencesTest, WhatIsTooLongIsCutWhereItHurtsLeast) {
  EXPECT_THAT(texts("one two three, four five six", 20),
              ElementsAre("one two three,", "four five six"));
  EXPECT_THAT(texts("one two three four", 10), ElementsAre("one two", "three four"));
  EXPECT_THAT(texts(std::string(25, 'x'), 10),
              ElementsAre(std::string(10, 'x'), std::string(10, 'x'), std::string(5, 'x')));
}

TEST(SentencesTest, NothingIsLostOfAnyText) {
  const std::string text = "Mr. A.B. said: 1,000.5 …? ok.no. (Yes.) \"Fine.\" end";
  std::string joined;
  for (const auto& part : texts(text, 7)) {
    joined += part;
  }
  std::string expected = text;
  std::erase(expected, ' ');
  std::erase(joined, ' ');
  EXPECT_EQ(joined, expected);
}

TEST(SentencesTest, NothingComesOfNothing) {
  EXPECT_TRUE(split_sentences("").empty());
  EXPECT_TRUE(split_sentences(" \n\n\t ").empty());
  EXPECT_EQ(split_sentences("\xff").size(), 1u);
}

}  // namespace
}  // namespace ogam
