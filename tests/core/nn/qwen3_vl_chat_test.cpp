#include "core/nn/qwen3_vl_chat.h"

#include <gtest/gtest.h>

namespace ogam {
namespace {

TEST(CloseInstructionTest, PutsAFullStopWhereThereIsNoPunctuation) {
  EXPECT_EQ(close_instruction("  Find the words "), "Find the words.");
  EXPECT_EQ(close_instruction("Find them!"), "Find them!");
  EXPECT_EQ(close_instruction("찾아라。\n"), "찾아라。");
  EXPECT_EQ(close_instruction("a = $"), "a = $.");
  EXPECT_EQ(close_instruction(" \t"), "");
}

}  // namespace
}  // namespace ogam
