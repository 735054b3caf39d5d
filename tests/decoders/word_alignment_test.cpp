#include "decoders/text/word_alignment.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ogam {
namespace {

/// Words of tokens that stand for the given bytes.
std::vector<std::string> words(const std::vector<std::string>& pieces, std::string_view language,
                               std::vector<std::size_t>* spoken = nullptr) {
  std::vector<std::int32_t> ids;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    ids.push_back(static_cast<std::int32_t>(i));
  }
  std::vector<std::string> result;
  for (const auto& word : split_words(ids, language, [&](std::span<const std::int32_t> run) {
         std::string text;
         for (const auto id : run) {
           text += pieces[static_cast<std::size_t>(id)];
         }
         return text;
       })) {
    result.push_back(word.text);
    if (spoken != nullptr) {
      spoken->push_back(word.spoken);
    }
  }
  return result;
}

using Strings = std::vector<std::string>;

TEST(SplitWordsTest, EnglishIsDividedAtSpaces) {
  std::vector<std::size_t> spoken;
  EXPECT_EQ(words({" He", "llo", ",", " ill", "-", "dis", "posed", " O", "'", "Brien", "!"}, "en",
                  &spoken),
            (Strings{" Hello,", " ill-disposed", " O'Brien!"}));
  EXPECT_EQ(spoken, (std::vector<std::size_t>{2, 4, 3}));
}

TEST(SplitWordsTest, KoreanIsDividedAtSpacesThoughSyllablesTakeSeveralTokens) {
  // 안 is EC 95 88: two tokens here.
  EXPECT_EQ(words({" \xEC\x95", "\x88", "녕", " 세", "계."}, "ko"), (Strings{" 안녕", " 세계."}));
}

TEST(SplitWordsTest, JapaneseIsDividedAtCharacters) {
  EXPECT_EQ(words({"今", "日は", "、", "「", "晴れ", "」", "。"}, "ja"),
            (Strings{"今", "日は、", "「晴れ」。"}));
}

TEST(SplitWordsTest, BrokenTextAtTheEndIsRepaired) {
  const auto result = words({" a", " \xEC\x95"}, "ko");
  ASSERT_EQ(result.size(), 2U);
  EXPECT_TRUE(result[1].starts_with(" \xEF\xBF\xBD"));
}

TEST(AlignRowsTest, FollowsTheCheapestMonotonicPath) {
  auto cost = at::ones({3, 6});
  for (const auto& [row, column] :
       std::vector<std::pair<int, int>>{{0, 0}, {0, 1}, {1, 2}, {1, 3}, {1, 4}, {2, 5}}) {
    cost[row][column] = -1;
  }
  EXPECT_EQ(align_rows(cost), (std::vector<std::int64_t>{0, 2, 5}));
}

TEST(AlignRowsTest, ReachesBothCornersOfAnyMatrix) {
  EXPECT_EQ(align_rows(at::zeros({1, 4})), (std::vector<std::int64_t>{0}));
  EXPECT_EQ(align_rows(at::zeros({4, 1})), (std::vector<std::int64_t>{0, 0, 0, 0}));
  EXPECT_EQ(align_rows(at::zeros({3, 3})).front(), 0);
}

TEST(MedianFilterTest, TakesTheMiddleOfNeighboursWithReflectedEnds) {
  const auto x = at::tensor({5.0F, 1.0F, 9.0F, 2.0F, 8.0F}).view({1, 5});
  const auto expected = at::tensor({1.0F, 5.0F, 2.0F, 8.0F, 2.0F}).view({1, 5});
  EXPECT_TRUE(at::equal(median_filter(x, 3), expected)) << median_filter(x, 3);
}

}  // namespace
}  // namespace ogam
