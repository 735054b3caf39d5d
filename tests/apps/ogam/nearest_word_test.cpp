#include "apps/ogam/nearest_word.h"

#include <gtest/gtest.h>

namespace ogam {
namespace {

const std::vector<std::string> kKnown = {"index", "search", "transcribe", "shots", "archive"};

TEST(NearestWordTest, ASlipOrTwoAreForgiven) {
  EXPECT_EQ(nearest_word("idnex", kKnown), "index");
  EXPECT_EQ(nearest_word("serch", kKnown), "search");
  EXPECT_EQ(nearest_word("archives", kKnown), "archive");
  EXPECT_EQ(nearest_word("trasncrible", kKnown), "transcribe");
}

TEST(NearestWordTest, ABeginningIsEnough) {
  EXPECT_EQ(nearest_word("trans", kKnown), "transcribe");
}

TEST(NearestWordTest, NothingIsGuessedFromNothing) {
  EXPECT_EQ(nearest_word("generate", kKnown), "");
  EXPECT_EQ(nearest_word("s", kKnown), "");
  EXPECT_EQ(nearest_word("", kKnown), "");
  EXPECT_EQ(nearest_word(std::string(1000, 'i'), kKnown), "");
}

TEST(NearestWordTest, OfTwoJustAsNearNoneIsNamed) {
  EXPECT_EQ(nearest_word("cat", {"bat", "rat"}), "");
}

}  // namespace
}  // namespace ogam
