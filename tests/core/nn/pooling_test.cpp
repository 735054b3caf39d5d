#include "core/nn/pooling.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/error.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

constexpr std::int64_t kSize = 5;
constexpr test::Tolerance kClose = {.atol = 1e-6, .rtol = 1e-5};

Pooling pooling_of(const std::string& config) {
  const auto json = Json::parse(config);
  return {kSize, ConfigReader(json, "config.json")};
}

class PoolingModeTest : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Modes, PoolingModeTest,
                         ::testing::Values("cls", "max", "mean", "mean_sqrt_len_tokens",
                                           "weightedmean", "lasttoken"),
                         [](const auto& mode) { return mode.param; });

TEST_P(PoolingModeTest, MatchesTheReference) {
  const auto golden = test::Golden::open("pooling");
  const auto pooled = Pooling(kSize, GetParam())(golden.tensor("states"), golden.tensor("mask"), 2);
  EXPECT_TRUE(test::all_close(pooled, golden.tensor(GetParam()), kClose));
}

TEST_P(PoolingModeTest, LeavesThePromptOut) {
  const auto golden = test::Golden::open("pooling");
  const auto pooling =
      pooling_of(R"({"embedding_dimension": 5, "include_prompt": false, "pooling_mode": ")" +
                 GetParam() + R"("})");
  const auto pooled = pooling(golden.tensor("states"), golden.tensor("mask"), 2);
  EXPECT_TRUE(test::all_close(pooled, golden.tensor(GetParam() + ".without_prompt"), kClose));
}

TEST_P(PoolingModeTest, TextsOfNothingButAPromptGiveNumbers) {
  const auto pooling =
      pooling_of(R"({"embedding_dimension": 5, "include_prompt": false, "pooling_mode": ")" +
                 GetParam() + R"("})");
  EXPECT_TRUE(pooling(at::ones({1, 3, kSize}), at::ones({1, 3}), 3).isfinite().all().item<bool>());
}

TEST_P(PoolingModeTest, StatesOfPaddingDoNotCount) {
  const auto golden = test::Golden::open("pooling");
  const auto mask = golden.tensor("mask");
  const auto states = golden.tensor("states");
  const auto noise = at::full_like(states, 1000).masked_fill(mask.unsqueeze(-1).eq(1), 0);
  const Pooling pooling(kSize, GetParam());
  EXPECT_TRUE(test::all_close(pooling(states + noise, mask, 0), pooling(states, mask, 0), kClose));
}

TEST(PoolingTest, SeveralModesAreJoined) {
  const auto golden = test::Golden::open("pooling");
  const auto expected = at::cat({golden.tensor("mean"), golden.tensor("cls")}, 1);
  const auto pooling = pooling_of(R"({"embedding_dimension": 5, "pooling_mode": ["mean", "cls"]})");
  EXPECT_EQ(pooling.dimension(), 2 * kSize);
  EXPECT_TRUE(test::all_close(pooling(golden.tensor("states"), golden.tensor("mask"), 0), expected,
                              kClose));
}

TEST(PoolingTest, FlagsOfEarlierVersionsAreUnderstood) {
  const auto golden = test::Golden::open("pooling");
  const auto states = golden.tensor("states");
  const auto mask = golden.tensor("mask");
  const auto joined = pooling_of(R"({"word_embedding_dimension": 5, "pooling_mode_cls_token": true,
      "pooling_mode_mean_tokens": true, "pooling_mode_max_tokens": false})");
  EXPECT_TRUE(test::all_close(joined(states, mask, 0),
                              at::cat({golden.tensor("cls"), golden.tensor("mean")}, 1), kClose));
  const auto silent = pooling_of(R"({"word_embedding_dimension": 5})");
  EXPECT_TRUE(test::all_close(silent(states, mask, 0), golden.tensor("mean"), kClose));
}

TEST(PoolingTest, ComputesInFloat32) {
  const auto pooled =
      Pooling(kSize, "mean")(at::ones({1, 4, kSize}, at::kBFloat16), at::ones({1, 4}), 0);
  EXPECT_EQ(pooled.scalar_type(), at::kFloat);
}

TEST(PoolingTest, WhatItDoesNotImplementIsRefused) {
  for (const auto* const config :
       {R"({"embedding_dimension": 6})", R"({})", R"([])", R"({"embedding_dimension": -5})",
        R"({"embedding_dimension": 5, "pooling_mode": "attention"})",
        R"({"embedding_dimension": 5, "pooling_mode": []})",
        R"({"embedding_dimension": 5, "pooling_mode": ["mean", 3]})",
        R"({"embedding_dimension": 5, "pooling_mode": 3})",
        R"({"embedding_dimension": 5, "include_prompt": "no"})",
        R"({"embedding_dimension": 5, "sharpness": 2})"}) {
    EXPECT_THROW(pooling_of(config), Error) << config;
  }
  EXPECT_THROW(Pooling(kSize, "attention"), Error);
}

TEST(PoolingTest, StatesOfAnotherShapeAreRefused) {
  const Pooling pooling(kSize, "mean");
  EXPECT_THROW(pooling(at::ones({2, 3, kSize + 1}), at::ones({2, 3}), 0), Error);
  EXPECT_THROW(pooling(at::ones({2, 3, kSize}), at::ones({2, 4}), 0), Error);
}

}  // namespace
}  // namespace ogam
