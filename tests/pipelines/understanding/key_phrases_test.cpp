#include "pipelines/understanding/key_phrases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/pipelines/understanding/sample_material.h"

namespace ogam {
namespace {

using test::sentence;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> phrases_of(const std::vector<TimedSentence>& sentences,
                                    const std::vector<TimedSentence>& others = {},
                                    std::size_t most = 5) {
  WordCounts counts;
  counts.add_part(sentences);
  counts.add_part(others);
  std::vector<std::string> texts;
  for (const KeyPhrase& phrase : key_phrases(sentences, counts, most)) {
    texts.push_back(phrase.text);
  }
  return texts;
}

TEST(KeyPhrasesTest, RunsOfNamingWordsStandAsWritten) {
  EXPECT_THAT(phrases_of({sentence({}, "The train to Busan leaves from platform seven.")}),
              ::testing::UnorderedElementsAre("train", "Busan leaves", "platform seven"));
}

TEST(KeyPhrasesTest, WhatIsSaidOftenComesFirst) {
  const auto phrases = phrases_of(
      {sentence({}, "A solar panel."), sentence({}, "Solar panels."), sentence({}, "Some roof.")});
  ASSERT_FALSE(phrases.empty());
  EXPECT_EQ(phrases.front(), "solar panel");
  EXPECT_THAT(phrases, Not(Contains("Solar panels")));  // tells nothing more
}

TEST(KeyPhrasesTest, WhatIsSaidEverywhereComesLast) {
  const auto phrases =
      phrases_of({sentence({}, "The weather and the harbour.")}, {sentence({}, "The weather.")});
  EXPECT_THAT(phrases, ElementsAre("harbour", "weather"));
}

TEST(KeyPhrasesTest, KoreanParticlesAndVerbsAreCutOff) {
  EXPECT_THAT(phrases_of({sentence({}, "도시의 불빛이 반짝입니다")}), ElementsAre("도시의 불빛"));
  EXPECT_THAT(phrases_of({sentence({}, "김치찌개를 맛있게 끓이는 방법은 간단해요")}),
              Contains("김치찌개"));
}

TEST(KeyPhrasesTest, NumbersAndFillersNameNothing) {
  EXPECT_THAT(phrases_of({sentence({}, "Well, yeah, it was 2026 and so on. 네, 그래서요?")}),
              Not(Contains("2026")));
  EXPECT_THAT(phrases_of({sentence({}, "... --- !!!"), sentence({}, "")}), IsEmpty());
}

TEST(KeyPhrasesTest, NoMoreThanWanted) {
  EXPECT_EQ(phrases_of({sentence({}, "Apples, pears, plums, cherries.")}, {}, 2).size(), 2U);
}

}  // namespace
}  // namespace ogam
