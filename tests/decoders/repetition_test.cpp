#include "decoders/text/repetition.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ogam {
namespace {

TEST(CompressionRatioTest, TellsRepetitionFromSpeech) {
  EXPECT_LT(compression_ratio("He might even have been made amiable himself, had he married well."),
            1.5);
  std::string loop;
  for (int i = 0; i < 20; ++i) {
    loop += " Thank you for watching.";
  }
  EXPECT_GT(compression_ratio(loop), 2.4);
  EXPECT_EQ(compression_ratio(""), 0);
}

TEST(FindLoopTest, FindsTheRoundsAndTheRest) {
  const std::vector<std::string> words = {"so", "a", "b", "a", "b", "a", "b", "a", "b", "a", "end"};
  const auto loop = find_loop(std::span<const std::string>(words));
  EXPECT_EQ(loop.start, 1U);
  EXPECT_EQ(loop.period, 2U);
  EXPECT_EQ(loop.length, 9U);
}

TEST(FindLoopTest, EmphasisIsNotALoop) {
  const std::vector<std::string> words = {"no", "no", "no", "no", "I", "said", "no"};
  EXPECT_EQ(find_loop(std::span<const std::string>(words)).period, 0U);
  EXPECT_EQ(find_loop(std::span<const std::string>()).period, 0U);
}

TEST(IsStuckTest, NeedsManyRoundsAtTheEnd) {
  std::vector<std::int32_t> items(30, 7);
  EXPECT_TRUE(is_stuck(items));
  items.push_back(8);
  EXPECT_FALSE(is_stuck(items));
  EXPECT_FALSE(is_stuck(std::vector<std::int32_t>(20, 7)));
}

}  // namespace
}  // namespace ogam
