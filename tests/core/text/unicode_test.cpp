#include "core/text/unicode.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace ogam {
namespace {

TEST(UnicodeTest, ValidUtf8IsTold) {
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_TRUE(is_valid_utf8("a한\xF0\x9F\x98\x80"));
  EXPECT_FALSE(is_valid_utf8("\xFF"));
  EXPECT_FALSE(is_valid_utf8("\xC0\x80"));          // overlong
  EXPECT_FALSE(is_valid_utf8("\xED\xA0\x80"));      // surrogate
  EXPECT_FALSE(is_valid_utf8("\xF4\x90\x80\x80"));  // past U+10FFFF
  EXPECT_FALSE(is_valid_utf8("\xED\x95"));          // cut short
}

TEST(UnicodeTest, BrokenBytesBecomeReplacementCharacters) {
  EXPECT_EQ(repair_utf8("a\xFFz"), "a\xEF\xBF\xBDz");
  EXPECT_EQ(repair_utf8("한"), "한");
  EXPECT_EQ(repair_utf8("\xED\x95"), "\xEF\xBF\xBD");  // cut short
  EXPECT_EQ(repair_utf8("\xE0\x80\xF0\x9F\x98z"),
            "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz");  // overlong, cut short
}

TEST(UnicodeTest, DecomposedHangulIsComposed) {
  EXPECT_EQ(to_nfc("\u1112\u1161\u11AB\u1100\u1173\u11AF"), "한글");
  EXPECT_EQ(to_nfc("e\u0301"), "\u00E9");
  EXPECT_EQ(to_nfc("plain"), "plain");
}

TEST(UnicodeTest, CombiningMarksArePutInOrder) {
  EXPECT_EQ(to_nfc("q\u0307\u0323"), "q\u0323\u0307");
  std::string marks;
  for (int i = 0; i < 100; ++i) {
    marks += "\u0315\u0316";  // classes 232 and 220
  }
  const std::string ordered = to_nfc("a" + marks);
  EXPECT_EQ(ordered.find("\u0315"), 1 + 100 * 2U);
  EXPECT_EQ(ordered.size(), 1 + marks.size());
}

TEST(UnicodeTest, EndlessRunsOfMarksTakeNoQuadraticTime) {
  std::string marks = "a";
  for (int i = 0; i < 300'000; ++i) {
    marks += "\u0315\u0316";
  }
  EXPECT_EQ(to_nfc(marks).size(), marks.size());
  EXPECT_EQ(fold_for_matching(marks).size(), marks.size());
  std::string composed;
  for (int i = 0; i < 300'000; ++i) {
    composed += "\u0F73";  // class 0, two marks of classes 129 and 130
  }
  EXPECT_EQ(to_nfc(composed).size(), 2 * composed.size());
}

TEST(UnicodeTest, NulSurvivesNormalisation) {
  const std::string text("한\0글", 7);
  EXPECT_EQ(to_nfc(text), text);
}

TEST(UnicodeTest, MatchingFoldsCaseAndWidthButKeepsDiacritics) {
  EXPECT_EQ(fold_for_matching("ＡＢＣ Straße"), "abc strasse");
  EXPECT_EQ(fold_for_matching("CAFÉ"), "café");
  EXPECT_EQ(fold_for_matching("한글"), "한글");
}

TEST(UnicodeTest, CodePointsRoundTrip) {
  const std::string text = "a\u00E9한\U0001F600";
  std::string back;
  for (const char32_t code_point : code_points(text)) {
    append_utf8(code_point, back);
  }
  EXPECT_EQ(back, text);
  EXPECT_EQ(code_points(text).size(), 4U);
  EXPECT_THROW(code_points("\xFF"), Error);
  EXPECT_THROW(append_utf8(0x110000, back), Error);
}

TEST(UnicodeTest, KindsOfCharacters) {
  EXPECT_TRUE(is_hangul_syllable(U'가'));
  EXPECT_TRUE(is_hangul_syllable(U'힣'));
  EXPECT_FALSE(is_hangul_syllable(U'ㄱ'));
  EXPECT_TRUE(is_letter_or_digit(U'a'));
  EXPECT_TRUE(is_letter_or_digit(U'七'));
  EXPECT_TRUE(is_letter_or_digit(U'٣'));
  EXPECT_FALSE(is_letter_or_digit(U'-'));
  EXPECT_FALSE(is_letter_or_digit(U' '));
  EXPECT_TRUE(is_white_space(U'\u3000'));
  EXPECT_FALSE(is_white_space(U'\u200B'));
  EXPECT_TRUE(is_word_character(U'_'));
  EXPECT_TRUE(is_word_character(U'\u0301'));
  EXPECT_FALSE(is_word_character(U'½'));
}

TEST(UnicodeTest, WideCharactersTakeTwoColumns) {
  EXPECT_EQ(display_width("abc"), 3);
  EXPECT_EQ(display_width("한글"), 4);
  EXPECT_EQ(display_width("e\u0301"), 1);
  EXPECT_EQ(display_width("\U0001F600"), 2);
  EXPECT_EQ(display_width("\xFF"), 1);
}

TEST(CalmCapitalsTest, OnlyTextInCapitalsThroughoutIsChanged) {
  EXPECT_EQ(calm_capitals("THANKS FOR WATCHING 감사합니다"), "thanks for watching 감사합니다");
  EXPECT_EQ(calm_capitals("NASA launches"), "NASA launches");
  EXPECT_EQ(calm_capitals("A"), "A");
  EXPECT_EQ(calm_capitals("도서관"), "도서관");
}

}  // namespace
}  // namespace ogam
