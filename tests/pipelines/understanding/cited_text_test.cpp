#include "pipelines/understanding/cited_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/text/grammar/automaton.h"

namespace ogam {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

bool accepts(const CitedTextShape& shape, std::string_view text) {
  GrammarAutomaton automaton(cited_text_grammar(shape));
  auto state = automaton.start();
  for (const char byte : text) {
    state = automaton.next(state, static_cast<unsigned char>(byte));
  }
  return automaton.complete(state);
}

TEST(CitedTextTest, TheGrammarTakesSentencesWithSourcesThatThereAre) {
  const CitedTextShape shape{.sources = 12, .most_sentences = 2};
  EXPECT_TRUE(accepts(shape, "NONE"));
  EXPECT_TRUE(accepts(shape, "It opens at nine.[2]"));
  EXPECT_TRUE(accepts(shape, "It opens [12][1]\n At 5:30 it closes.[3]\n"));
  EXPECT_FALSE(accepts(shape, "It opens at nine."));
  EXPECT_FALSE(accepts(shape, "It opens at nine.[13]"));
  EXPECT_FALSE(accepts(shape, "It opens at nine.[0]"));
  EXPECT_FALSE(accepts(shape, "[1]"));
  EXPECT_FALSE(accepts(shape, "a[1]b[1]c[1]"));
  EXPECT_FALSE(accepts({.sources = 2, .may_be_nothing = false}, "NONE"));
  EXPECT_THROW(cited_text_grammar({.sources = 0}), Error);
}

TEST(CitedTextTest, TheGrammarKeepsToALanguage) {
  const CitedTextShape korean{.sources = 3, .most_sentences = 2, .korean = true};
  EXPECT_TRUE(accepts(korean, "아홉 시에 엽니다 [3][1]\n 9시에 닫습니다.[3]"));
  EXPECT_TRUE(accepts(korean, "KTX는 45,000원입니다.[1]"));
  EXPECT_TRUE(accepts(korean, "NONE"));
  EXPECT_FALSE(accepts(korean, "It opens at nine.[2]"));
  EXPECT_FALSE(accepts(korean, "0:09 It opens at nine.[2]"));
  EXPECT_FALSE(accepts({.sources = 3}, "아홉 시에 엽니다.[2]"));
}

TEST(CitedTextTest, SentencesBeforeTheSameNumbersEachHaveThem) {
  const auto sentences =
      read_cited_text("It opens at nine. It closes at five [2] [3]. 끝입니다.[1][1]\n", 3);
  ASSERT_EQ(sentences.size(), 3U);
  EXPECT_EQ(sentences[0].text, "It opens at nine.");
  EXPECT_THAT(sentences[0].sources, ElementsAre(1, 2));
  EXPECT_EQ(sentences[1].text, "It closes at five");
  EXPECT_THAT(sentences[1].sources, ElementsAre(1, 2));
  EXPECT_EQ(sentences[2].text, "끝입니다.");
  EXPECT_THAT(sentences[2].sources, ElementsAre(0));
}

TEST(CitedTextTest, NothingFoundIsNoSentence) {
  EXPECT_TRUE(says_nothing("NONE"));
  EXPECT_TRUE(says_nothing(" NONE [1]\n"));
  EXPECT_FALSE(says_nothing("NONE of them.[1]"));
  EXPECT_FALSE(says_nothing("...[1]"));
  EXPECT_THAT(read_cited_text("...[1]", 3), IsEmpty());
  EXPECT_THAT(read_cited_text("NONE", 3), IsEmpty());
  EXPECT_THAT(read_cited_text(" NONE[1]", 3), IsEmpty());
  EXPECT_THAT(read_cited_text("", 3), IsEmpty());
}

TEST(CitedTextTest, TextsOutsideTheGrammarLoseTheirSources) {
  const auto sentences = read_cited_text("Good.[7] More [a] and [2", 3);
  ASSERT_EQ(sentences.size(), 2U);
  EXPECT_THAT(sentences[0].problem, HasSubstr("7"));
  EXPECT_THAT(sentences[1].sources, IsEmpty());
}

const std::vector<std::string> kSources = {
    "Good morning. The library opens at nine and closes at five thirty.",
    "다음 역은 서울역입니다. 내리실 문은 오른쪽입니다.",
    "Kim Min-ji sold 1,500 tickets for the concert in Busan.",
};

std::string problem_of(const std::string& text, std::vector<std::size_t> sources) {
  return find_problem({text, std::move(sources)}, kSources);
}

TEST(CitedTextTest, WhatASourceSaysIsSupported) {
  EXPECT_EQ(problem_of("The library opens at 9.", {0}), "");
  EXPECT_EQ(problem_of("It closes at 5:30.", {0}), "");
  EXPECT_EQ(problem_of("다음 역은 서울역이다.", {1}), "");
  EXPECT_EQ(problem_of("Kim sold 1500 concert tickets.", {2}), "");
  EXPECT_EQ(problem_of("The library is opening at nine; Kim sold tickets.", {0, 2}), "");
}

TEST(CitedTextTest, InventedNumbersAndNamesAreNot) {
  EXPECT_THAT(problem_of("The library opens at 10.", {0}), HasSubstr("number 10"));
  EXPECT_THAT(problem_of("The library closes at five forty.", {0}), HasSubstr("number"));
  EXPECT_THAT(problem_of("도서관은 일곱 시에 엽니다.", {0}), HasSubstr("number 7"));
  EXPECT_THAT(problem_of("The concert in Paris sold tickets.", {2}), HasSubstr("name Paris"));
  // The number is in another source than the one cited.
  EXPECT_THAT(problem_of("The library sold 1,500 tickets.", {0}), HasSubstr("number 1500"));
}

TEST(CitedTextTest, SentencesAboutSomethingElseAreNot) {
  EXPECT_NE(problem_of("Quantum mechanics describes particles.", {0}), "");
  EXPECT_NE(problem_of("강의는 시작합니다.", {1}), "");
  EXPECT_NE(problem_of("Yes, it is.", {0}), "");
  EXPECT_NE(problem_of("The library opens at nine.", {}), "");
}

TEST(CitedTextTest, OfATranslationTheNumbersAreChecked) {
  EXPECT_EQ(problem_of("도서관은 아홉 시에 문을 엽니다.", {0}), "");
  EXPECT_EQ(problem_of("The next stop is Seoul Station.", {1}), "");
}

TEST(CitedTextTest, NumbersOfListsAreLeftOutAndOthersStay) {
  for (const auto& [text, expected] : {std::pair("1. It opens", "It opens"),
                                       {"2) It opens", "It opens"},
                                       {"08 다음 역", "다음 역"},
                                       {"0.5 percent", "0.5 percent"},
                                       {"12 books", "12 books"},
                                       {"9", "9"},
                                       {"1,500 of", "1,500 of"}}) {
    const auto sentences = read_cited_text(std::string(text) + "[1]", 1);
    ASSERT_EQ(sentences.size(), 1U) << text;
    EXPECT_EQ(sentences[0].text, expected);
  }
}

TEST(CitedTextTest, ACopiedTimeIsLeftOut) {
  const auto sentences = read_cited_text("0:09 The library opens at 9:30 daily.[1]", 1);
  ASSERT_EQ(sentences.size(), 1U);
  EXPECT_EQ(sentences[0].text, "The library opens at 9:30 daily.");
}

TEST(CitedTextTest, AWrongNumberIsPutRightWhereOneSourceSaysItAll) {
  auto sentences = read_cited_text(
      "The library closes at five thirty.[3] The library sold 1,500 tickets in Busan.[1] Paris is "
      "far.[1]",
      3);
  ASSERT_EQ(sentences.size(), 3U);
  check_cited_text(sentences, kSources);
  EXPECT_EQ(sentences[0].problem, "");
  EXPECT_THAT(sentences[0].sources, ElementsAre(0));
  EXPECT_EQ(sentences[1].problem, "");
  EXPECT_THAT(sentences[1].sources, ElementsAre(2));  // three of its four words
  EXPECT_NE(sentences[2].problem, "");
}

TEST(CitedTextTest, WhatIsSaidTwiceIsLeftOutOnce) {
  auto sentences =
      read_cited_text("The library opens at nine.[1] The library opens at nine.[1]", 3);
  ASSERT_EQ(sentences.size(), 2U);
  check_cited_text(sentences, kSources);
  EXPECT_EQ(sentences[0].problem, "");
  EXPECT_NE(sentences[1].problem, "");
}

}  // namespace
}  // namespace ogam
