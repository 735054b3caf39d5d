#include "core/text/spoken_numbers.h"

#include <gtest/gtest.h>

namespace ogam {
namespace {

TEST(SpokenNumbersTest, EnglishReadsWholeNumbers) {
  const std::pair<const char*, const char*> cases[] = {
      {"0", "zero"},
      {"13", "thirteen"},
      {"40", "forty"},
      {"99", "ninety-nine"},
      {"100", "one hundred"},
      {"115", "one hundred and fifteen"},
      {"1,234", "one thousand two hundred and thirty-four"},
      {"2000000", "two million"},
      {"1,000,001", "one million one"},
      {"9999999999999999",
       "nine quadrillion nine hundred and ninety-nine trillion nine hundred and ninety-nine "
       "billion "
       "nine hundred and ninety-nine million nine hundred and ninety-nine thousand nine hundred "
       "and "
       "ninety-nine"},
      {"007", "zero zero seven"},
  };
  for (const auto& [number, words] : cases) {
    EXPECT_EQ(spell_numbers(number, "en"), words);
  }
}

TEST(SpokenNumbersTest, EnglishReadsDecimalsPercentOrdinalsAndSigns) {
  EXPECT_EQ(spell_numbers("It grew by 3.05% to -4.", "eng"),
            "It grew by three point zero five percent to minus four.");
  EXPECT_EQ(spell_numbers("the 1st, 22nd, 3rd and 20th", "en"),
            "the first, twenty-second, third and twentieth");
  EXPECT_EQ(spell_numbers("B12 in 5km, 10-20, 12,5", "en"),
            "B twelve in five km, ten-twenty, twelve,five");
}

TEST(SpokenNumbersTest, KoreanIsSinoKorean) {
  const std::pair<const char*, const char*> cases[] = {
      {"0", "영"},           {"10", "십"},
      {"15일", "십오일"},    {"2026년", "이천이십육년"},
      {"10,000", "만"},      {"12,345원", "만이천삼백사십오원"},
      {"110000", "십일만"},  {"3억", "삼억"},
      {"3.14", "삼점 일사"}, {"50%", "오십 퍼센트"},
      {"100000000", "일억"}, {"010", "영일영"},
  };
  for (const auto& [number, words] : cases) {
    EXPECT_EQ(spell_numbers(number, "ko"), words);
  }
}

TEST(SpokenNumbersTest, OtherLanguagesKeepTheirDigits) {
  EXPECT_FALSE(spells_numbers("fra"));
  EXPECT_EQ(spell_numbers("12", "fra"), "12");
}

}  // namespace
}  // namespace ogam
