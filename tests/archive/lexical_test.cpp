#include "archive/lexical.h"

#include <gtest/gtest.h>

#include <regex>

namespace ogam {
namespace {

TEST(WordsQueryTest, NothingOfAQueryBecomesAnOperatorOfTheIndex) {
  const std::regex expression("\"[^\"]+\"( \\*)?( OR \"[^\"]+\"( \\*)?)*");
  for (const std::string text :
       {"a\" OR \"b", "NEAR(a b, 2)", "text : x", "^start", "x*", "NOT y", "\"", "a AND b", "{a}+b",
        "개 \" 景 \" 자동차", "\xff\" OR", "'; DROP TABLE words; --"}) {
    const WordsQuery query(text);
    if (!query.empty()) {
      EXPECT_TRUE(std::regex_match(query.match_expression(), expression))
          << text << ": " << query.match_expression();
    }
  }
  EXPECT_TRUE(WordsQuery("\"").empty());
}

TEST(WordsQueryTest, StopWordsCountOnlyWhenThereIsNothingElse) {
  EXPECT_EQ(WordsQuery("the red car").size(), 2U);
  EXPECT_EQ(WordsQuery("the").size(), 1U);
}

TEST(WordsQueryTest, WordsThatRepeatCountOnce) { EXPECT_EQ(WordsQuery("car Car CAR").size(), 1U); }

TEST(WordsQueryTest, ComposedAndDecomposedTextIsTheSame) {
  const WordsQuery query("\u1112\u1161\u11ab\u1100\u1173\u11af");
  EXPECT_EQ(query.match_expression(), WordsQuery("한글").match_expression());
  EXPECT_TRUE(query.match("한글을 배운다").phrase);
}

TEST(LexicalProbabilityTest, RisesWithTheCoverageAndIsNeverCertain) {
  EXPECT_EQ(lexical_probability(0, false), 0);
  EXPECT_LT(lexical_probability(0.5, false), lexical_probability(1, false));
  EXPECT_LT(lexical_probability(1, false), lexical_probability(1, true));
  EXPECT_LT(lexical_probability(1, true), 1);
  EXPECT_EQ(lexical_probability(7, false), lexical_probability(1, false));
}

}  // namespace
}  // namespace ogam
