#include "core/text/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ogam {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(FiguresTest, DigitsAreReadWithThousandsAndDecimals) {
  EXPECT_THAT(figures_in("1,500 of 3.25 and 12,34"), ElementsAre(1500, DoubleEq(3.25), 12, 34));
  EXPECT_THAT(figures_in("１２３ rooms"), ElementsAre(123));
  EXPECT_THAT(figures_in("on the 3rd, covid19"), ElementsAre(3, 19));
}

TEST(FiguresTest, PartsOfATimeAreNumbersButForZero) {
  EXPECT_THAT(figures_in("at 9:00 and 10:30"), ElementsAre(9, 10, 30));
  EXPECT_THAT(figures_in("0 of 5"), ElementsAre(0, 5));
}

TEST(FiguresTest, EnglishWordsAreNumbers) {
  EXPECT_THAT(figures_in("at nine"), ElementsAre(9));
  EXPECT_THAT(figures_in("Twenty-five people, three hundred and ten cars"), ElementsAre(25, 310));
  EXPECT_THAT(figures_in("1.5 million and two thousand twenty four"),
              ElementsAre(DoubleEq(1.5e6), 2024));
  EXPECT_THAT(figures_in("twenty one"), ElementsAre(21));
  EXPECT_THAT(figures_in("at five thirty, two and three"), ElementsAre(5, 30, 2, 3));
}

TEST(FiguresTest, KoreanNumbersAreNumbers) {
  EXPECT_THAT(figures_in("3만 5천 원"), ElementsAre(35000));
  EXPECT_THAT(figures_in("35,000원과 1억 2000만 명"), ElementsAre(35000, 120000000));
  EXPECT_THAT(figures_in("이십오 분, 십오 분, 삼백 명"), ElementsAre(25, 15, 300));
  EXPECT_THAT(figures_in("아홉 시에 열두 명이 두 번"), ElementsAre(9, 12, 2));
  EXPECT_THAT(figures_in("스물다섯 살"), ElementsAre(25));
}

TEST(FiguresTest, WordsThatAreSeldomNumbersAreNone) {
  EXPECT_THAT(figures_in("one of the first, a second"), IsEmpty());
  EXPECT_THAT(figures_in("이 사람은 세상에서 한 번도 네가 두고 온 오이를"), IsEmpty());
  EXPECT_THAT(figures_in(""), IsEmpty());
  EXPECT_THAT(figures_in("and \xff"), IsEmpty());
}

TEST(FiguresTest, TheSameNumberIsTheSameHoweverItIsWritten) {
  EXPECT_EQ(figures_in("9시 30분"), figures_in("아홉 시 삼십 분"));
  EXPECT_TRUE(is_same_figure(figures_in("1.5 million").front(), 1500000));
  EXPECT_FALSE(is_same_figure(9, 9.1));
}

}  // namespace
}  // namespace ogam
