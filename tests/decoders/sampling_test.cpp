#include "decoders/text/sampling.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "tests/support/golden.h"

namespace ogam {
namespace {

std::vector<float> floats(const at::Tensor& tensor) {
  const auto* const data = tensor.const_data_ptr<float>();
  return {data, data + tensor.numel()};
}

SamplingConfig config_of(const Json& json) {
  return {.temperature = json.value("temperature", 0.0),
          .top_k = json.value("top_k", std::int64_t{0}),
          .top_p = json.value("top_p", 1.0),
          .min_p = json.value("min_p", 0.0),
          .repetition_penalty = json.value("repetition_penalty", 1.0)};
}

TEST(SamplingTest, LeavesTheTokensAndProbabilitiesThatTransformersLeaves) {
  const auto golden = test::Golden::open("language_models");
  const auto logits = floats(golden.tensor("sampling.logits"));
  const auto expected = golden.tensor("sampling.probabilities");  // [configs, tokens]
  std::vector<std::int32_t> before;
  for (const auto id :
       at::IntArrayRef(golden.tensor("sampling.before").const_data_ptr<std::int64_t>(),
                       golden.tensor("sampling.before").numel())) {
    before.push_back(static_cast<std::int32_t>(id));
  }
  const auto& samplings = golden.json().at("samplings");
  ASSERT_EQ(samplings.size(), expected.size(0));
  for (std::size_t i = 0; i < samplings.size(); ++i) {
    std::vector<float> seen(logits.size(), 0);
    for (const auto& candidate : sampling_candidates(logits, before, {}, config_of(samplings[i]))) {
      seen[candidate.token] = static_cast<float>(candidate.probability);
    }
    const auto row = expected[static_cast<std::int64_t>(i)];
    EXPECT_TRUE(test::all_close(at::tensor(seen), row, {.atol = 1e-6, .rtol = 1e-5}))
        << samplings[i];
    EXPECT_TRUE(at::equal(at::tensor(seen) > 0, row > 0)) << samplings[i];
  }
}

TEST(SamplingTest, WithoutTemperatureTheLikeliestTokenComesAndOfEqualOnesTheFirst) {
  SamplingRandom random(1);
  const std::vector<float> logits = {0, 3, 3, -1};
  EXPECT_EQ(sample_token(logits, {}, {}, {}, random), 1);
  EXPECT_EQ(sample_token(logits, {}, {true, false, false, true}, {}, random), 0);
  const std::vector<std::int32_t> before = {1};
  EXPECT_EQ(sample_token(logits, before, {}, {.repetition_penalty = 1.1}, random), 2);
}

TEST(SamplingTest, TokensComeAsOftenAsTheyAreLikely) {
  constexpr int kDraws = 20000;
  SamplingRandom random(7);
  const std::vector<float> logits = {std::log(0.5F), std::log(0.3F), std::log(0.2F)};
  std::map<std::int32_t, int> counts;
  for (int i = 0; i < kDraws; ++i) {
    ++counts[sample_token(logits, {}, {}, {.temperature = 1}, random)];
  }
  // Four standard deviations of a count are at most 283.
  EXPECT_NEAR(counts[0], 10000, 283);
  EXPECT_NEAR(counts[1], 6000, 283);
  EXPECT_NEAR(counts[2], 4000, 283);
}

TEST(SamplingTest, RandomNumbersAreThoseOfSplitMix64) {
  // The first outputs of the published generator from the seed 1234567.
  SamplingRandom random(1234567);
  for (const std::uint64_t expected : {6457827717110365317U, 3203168211198807973U}) {
    EXPECT_EQ(random.uniform(), std::ldexp(static_cast<double>(expected >> 11U), -53));
  }
}

TEST(SamplingTest, LogitsThatAreNoNumbersAreAnErrorAndMinusInfinityNeverComes) {
  SamplingRandom random(1);
  const auto code_of = [&](std::vector<float> logits, const std::vector<bool>& allowed) {
    try {
      sample_token(logits, {}, allowed, {}, random);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::internal;
  };
  constexpr auto kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(code_of({1, std::numeric_limits<float>::quiet_NaN()}, {}), ErrorCode::corrupt_data);
  EXPECT_EQ(code_of({1, kInfinity}, {}), ErrorCode::corrupt_data);
  EXPECT_EQ(code_of({1, 2}, {false, false}), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of({1, 2}, {true}), ErrorCode::invalid_argument);
  EXPECT_EQ(sample_token(std::vector<float>{-5, -kInfinity}, {}, {}, {.temperature = 9}, random),
            0);
}

TEST(SamplingTest, ValuesThatMakeNoSenseAreNamed) {
  for (const SamplingConfig& config :
       {SamplingConfig{.temperature = -1}, SamplingConfig{.top_k = -1}, SamplingConfig{.top_p = 0},
        SamplingConfig{.top_p = 1.5}, SamplingConfig{.min_p = 2},
        SamplingConfig{.repetition_penalty = 0}, SamplingConfig{.temperature = NAN}}) {
    EXPECT_THROW(config.check(), Error);
  }
}

}  // namespace
}  // namespace ogam
