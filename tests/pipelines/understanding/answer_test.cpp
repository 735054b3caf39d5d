#include "pipelines/understanding/answer.h"

#include <gtest/gtest.h>

namespace ogam {
namespace {

TEST(QuestionTest, AskingWordsAreLeftOut) {
  EXPECT_EQ(without_asking_words("When does the library open?"), "library open");
  EXPECT_EQ(without_asking_words("다음 역은 어디인가요?"), "다음 역은");
  EXPECT_EQ(without_asking_words("회의는 언제 있나요?"), "회의는");
  EXPECT_EQ(without_asking_words("What?"), "What?");
}

}  // namespace
}  // namespace ogam
