#include "core/nn/normalize_rows.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support/golden.h"

namespace ogam {
namespace {

TEST(NormalizeRowsTest, BringsRowsToLengthOneAndLeavesZeros) {
  const auto rows = at::tensor({3.F, 4.F, 0.F, 0.F}).view({2, 2});
  EXPECT_TRUE(
      test::all_close(normalize_rows(rows), at::tensor({0.6F, 0.8F, 0.F, 0.F}).view({2, 2})));
}

}  // namespace
}  // namespace ogam
