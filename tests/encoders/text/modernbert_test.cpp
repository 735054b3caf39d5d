#include "encoders/text/modernbert.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

constexpr auto kName = "modernbert_tiny";
constexpr test::Tolerance kClose = {.atol = 1e-5, .rtol = 1e-4};

std::filesystem::path folder() { return test::source_folder() / "tests" / "golden" / kName; }

ModernBertModel tiny_model() {
  Checkpoint checkpoint(folder());
  return {ModernBertConfig::parse({checkpoint.config(), "config.json"}), checkpoint.weights()};
}

TEST(ModernBertTest, StatesMatchTheReference) {
  const auto golden = test::Golden::open(kName);
  const auto mask = golden.tensor("mask");
  const auto states = tiny_model().forward(golden.tensor("ids"), mask);
  EXPECT_TRUE(test::all_close(states * mask.unsqueeze(-1), golden.tensor("states"), kClose));
}

TEST(ModernBertTest, StatesWithoutAMaskAreThoseOfWholeTexts) {
  const auto golden = test::Golden::open(kName);
  const auto model = tiny_model();
  const auto lengths = golden.tensor("mask").sum(1);
  for (std::int64_t i = 0; i < lengths.size(0); ++i) {
    const auto length = lengths[i].item<std::int64_t>();
    const auto states = model.forward(golden.tensor("ids").narrow(0, i, 1).narrow(1, 0, length));
    EXPECT_TRUE(
        test::all_close(states[0], golden.tensor("states")[i].narrow(0, 0, length), kClose));
  }
}

TEST(ModernBertTest, EveryTensorOfTheCheckpointHasItsPlace) {
  Checkpoint checkpoint(folder());
  const ModernBertModel model(ModernBertConfig::parse({checkpoint.config(), "config.json"}),
                              checkpoint.weights());
  EXPECT_NO_THROW(checkpoint.finish());
}

TEST(ModernBertTest, EarlierAndLaterKeysMeanTheSame) {
  const auto later = Json::parse(R"({"num_hidden_layers": 4,
      "layer_types": ["full_attention", "sliding_attention", "full_attention", "sliding_attention"],
      "rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 5000.0},
                          "sliding_attention": {"rope_type": "default", "rope_theta": 300.0}}})");
  const auto earlier = Json::parse(R"({"num_hidden_layers": 4, "global_attn_every_n_layers": 2,
      "global_rope_theta": 5000.0, "local_rope_theta": 300.0})");
  for (const auto& json : {later, earlier}) {
    const auto config = ModernBertConfig::parse({json, "config.json"});
    EXPECT_EQ(config.is_global, (std::vector<bool>{true, false, true, false}));
    EXPECT_EQ(config.global_rope_theta, 5000);
    EXPECT_EQ(config.local_rope_theta, 300);
  }
}

TEST(ModernBertTest, WhatIsLeftOutIsAsInThePublishedModels) {
  const auto nothing = Json::object();
  const auto config = ModernBertConfig::parse({nothing, "config.json"});
  EXPECT_EQ(config.vocab_size, 50368);
  EXPECT_EQ(config.is_global.size(), 22U);
  EXPECT_TRUE(config.is_global[3] && !config.is_global[4]);
  EXPECT_EQ(config.global_rope_theta, 160000);
  EXPECT_EQ(config.local_rope_theta, 10000);
  EXPECT_EQ(config.local_attention, 128);
}

TEST(ModernBertTest, ImpossibleConfigurationsAreRefused) {
  const auto good = Checkpoint(folder()).config();
  const std::vector<std::pair<std::string, Json>> changes = {
      {"vocab_size", 0},
      {"hidden_size", 1'000'000'000},
      {"num_hidden_layers", -1},
      {"num_attention_heads", 5},   // does not divide 32
      {"num_attention_heads", 32},  // heads of one channel cannot be turned
      {"layer_types", {"full_attention"}},
      {"layer_types", {"full_attention", "linear_attention", "full_attention"}},
      {"hidden_activation", "mish"},
      {"norm_eps", -1},
      {"local_attention", "wide"},
      {"rope_parameters", {{"full_attention", {{"rope_type", "yarn"}}}}},
      {"rope_parameters", {{"rope_theta", 1000.0}}},
      {"rope_scaling", {{"type", "linear"}}},
      {"a_new_kind_of_layer", true},
  };
  for (const auto& [key, value] : changes) {
    auto json = good;
    json[key] = value;
    EXPECT_THROW(ModernBertConfig::parse({json, "config.json"}), Error) << key << value;
  }
}

TEST(ModernBertTest, WeightsOfAnotherSizeAreRefused) {
  Checkpoint checkpoint(folder());
  auto config = ModernBertConfig::parse({checkpoint.config(), "config.json"});
  config.intermediate_size += 1;
  config.is_global.push_back(true);
  const ModernBertModel model(config, checkpoint.weights());
  EXPECT_THROW(checkpoint.finish(), Error);
}

TEST(ModernBertTest, IdsBeyondTheVocabularyAreRefused) {
  const auto model = tiny_model();
  EXPECT_THROW(model.forward(at::full({1, 3}, model.config().vocab_size, at::kLong)), Error);
  EXPECT_THROW(model.forward(at::zeros({3}, at::kLong)), Error);
}

}  // namespace
}  // namespace ogam
