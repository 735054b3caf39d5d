#include "pipelines/passages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/text/unicode.h"

namespace ogam {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(PassagesTest, BlankLinesPartPassages) {
  EXPECT_THAT(split_into_passages("제목\n\n첫째 줄\n둘째 줄\n\n\n\n끝"),
              ElementsAre("제목", "첫째 줄 둘째 줄", "끝"));
}

TEST(PassagesTest, LongTextIsCutAtEndsOfSentences) {
  std::string text;
  for (int i = 0; i < 10; ++i) {
    text += "This is a sentence of fifty characters or nearly. ";
  }
  for (const std::string& passage : split_into_passages(text)) {
    EXPECT_TRUE(passage.ends_with('.')) << passage;
    EXPECT_LE(passage.size(), 200U);
  }
}

TEST(PassagesTest, WordsAreNotCutUnlessTheyAreTooLong) {
  const std::string word(90, 'x');
  EXPECT_THAT(split_into_passages(word + " " + word + " " + word),
              ElementsAre(word + " " + word, word));
  EXPECT_EQ(split_into_passages(std::string(1000, 'y')).size(), 5U);
}

TEST(PassagesTest, NoCharacterIsLost) {
  std::string text;
  for (int i = 0; i < 500; ++i) {
    text += "가나다라마바사 ";
  }
  std::string joined;
  for (const std::string& passage : split_into_passages(text)) {
    joined += passage + " ";
  }
  EXPECT_EQ(joined, text);
}

TEST(PassagesTest, EmptyTextHasNone) {
  EXPECT_THAT(split_into_passages(""), IsEmpty());
  EXPECT_THAT(split_into_passages(" \n\t\r\n  "), IsEmpty());
}

}  // namespace
}  // namespace ogam
