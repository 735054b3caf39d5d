#include "core/text/lexical_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ogam {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> index_tokens(std::string_view text, TokenUse use = TokenUse::index) {
  std::vector<std::string> tokens;
  for (const LexicalWord& word : lexical_words(text)) {
    for (std::string& token : word_tokens(word, use)) {
      tokens.push_back(std::move(token));
    }
  }
  return tokens;
}

TEST(LexicalTokensTest, HangulBecomesPairsOfSyllables) {
  EXPECT_THAT(index_tokens("빨간 자동차가"), ElementsAre("빨간", "자동", "동차", "차가"));
  EXPECT_THAT(index_tokens("개 A"), ElementsAre("개", "a"));
  EXPECT_THAT(index_tokens("\u1100\u1161\u11ab"), ElementsAre("간"));  // decomposed
}

TEST(LexicalTokensTest, IdeographsBecomePairsAndKeepTheLast) {
  EXPECT_THAT(index_tokens("東京都"), ElementsAre("東京", "京都", "都"));
  EXPECT_THAT(index_tokens("東京都", TokenUse::query), ElementsAre("東京", "京都"));
  EXPECT_THAT(index_tokens("タワー"), ElementsAre("タワ", "ワー", "ー"));
}

TEST(LexicalTokensTest, LatinWordsAreFolded) {
  EXPECT_THAT(index_tokens("The ＱＵＩＣＫ Straße, café 3.5-inch"),
              ElementsAre("the", "quick", "strasse", "café", "3", "5", "inch"));
}

TEST(LexicalTokensTest, ScriptsPartWords) {
  EXPECT_THAT(index_tokens("KF94마스크"), ElementsAre("kf94", "마스", "스크"));
}

TEST(LexicalTokensTest, MarksStayWithTheirWord) {
  EXPECT_EQ(lexical_words("नमस्ते दुनिया").size(), 2U);
  EXPECT_THAT(lexical_words("\u0301 \u0301"), IsEmpty());
}

TEST(LexicalTokensTest, BrokenTextHasNoWordsOfItsOwn) {
  EXPECT_THAT(index_tokens("\xff\xfe \xe2\x82"), IsEmpty());
  EXPECT_THAT(index_tokens("ok\xff"
                           "go"),
              ElementsAre("ok", "go"));
  EXPECT_THAT(index_tokens(""), IsEmpty());
}

TEST(LexicalTokensTest, LongRunsAreCut) {
  const auto words = lexical_words(std::string(150, 'x'));
  ASSERT_EQ(words.size(), 3U);
  EXPECT_EQ(words[0].letters.size(), 64U);
}

TEST(LexicalTokensTest, TokensAreTokensOfThemselves) {
  for (const std::string& token : index_tokens("빨간 자동차가 東京都 tower 3kg")) {
    EXPECT_THAT(index_tokens(token, TokenUse::query), ElementsAre(token));
  }
}

TEST(LexicalTokensTest, ParticlesComeOffButWordsStay) {
  EXPECT_EQ(without_particle(U"자동차가"), U"자동차");
  EXPECT_EQ(without_particle(U"학교에서는"), U"학교");
  EXPECT_EQ(without_particle(U"나이"), U"나이");  // one syllable would be left
  EXPECT_TRUE(is_particle(U"에서"));
  EXPECT_FALSE(is_particle(U"차"));
}

TEST(LexicalTokensTest, PluralsEqualTheirSingular) {
  EXPECT_EQ(without_plural(U"cars"), U"car");
  EXPECT_EQ(without_plural(U"boxes"), U"box");
  EXPECT_EQ(without_plural(U"glass"), U"glass");
  EXPECT_EQ(without_plural(U"bus"), U"bus");
}

TEST(LexicalTokensTest, CommonWordsAreKnown) {
  EXPECT_TRUE(is_stop_word(lexical_words("The")[0]));
  EXPECT_TRUE(is_stop_word(lexical_words("그리고")[0]));
  EXPECT_FALSE(is_stop_word(lexical_words("car")[0]));
}

}  // namespace
}  // namespace ogam
