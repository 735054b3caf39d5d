#include "encoders/image/gemma4_vision.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

constexpr const char* kModel = "embedding_gemma2_tiny";
constexpr test::Tolerance kClose = {.atol = 1e-4, .rtol = 1e-4};
constexpr Gemma4Vision::Grid kGrid = {.rows = 6, .columns = 9};

class Gemma4VisionTest : public ::testing::Test {
 protected:
  static std::filesystem::path folder() {
    return test::source_folder() / "tests" / "golden" / kModel;
  }
  static Json config() { return Checkpoint(folder()).config().at("vision_config"); }
  static Gemma4VisionConfig parse(const Json& json) {
    return Gemma4VisionConfig::parse({json, "config.json"});
  }
  static Gemma4Vision model(at::ScalarType precision = at::kFloat) {
    Checkpoint checkpoint(folder(), precision);
    return {parse(config()), checkpoint.weights("vision_tower.")};
  }

  const test::Golden golden_ = test::Golden::open(kModel);
  const at::Tensor patches_ = golden_.tensor("vision.patches");
};

TEST_F(Gemma4VisionTest, MatchesTheReference) {
  EXPECT_TRUE(
      test::all_close(model().forward(patches_, kGrid), golden_.tensor("vision.tokens"), kClose));
}

TEST_F(Gemma4VisionTest, StaysNearTheReferenceInBfloat16) {
  const auto tokens = model(at::kBFloat16).forward(patches_, kGrid);
  EXPECT_EQ(tokens.scalar_type(), at::kBFloat16);
  EXPECT_GE(test::cosine(tokens, golden_.tensor("vision.tokens")), 0.999);
}

TEST_F(Gemma4VisionTest, APictureDoesNotDependOnItsBatch) {
  const auto vision = model();
  const auto together = vision.forward(patches_, kGrid);
  const auto alone = vision.forward(patches_.narrow(0, 1, 1), kGrid);
  EXPECT_TRUE(test::all_close(alone[0], together[1], {.atol = 1e-5, .rtol = 1e-5}));
}

TEST_F(Gemma4VisionTest, GridsThatDoNotFitAreRefused) {
  const auto vision = model();
  EXPECT_THROW(vision.forward(patches_, {.rows = 9, .columns = 9}), Error);
  EXPECT_THROW(vision.forward(patches_, {.rows = 2, .columns = 27}), Error);
  EXPECT_THROW(vision.forward(patches_, {.rows = -6, .columns = -9}), Error);
  EXPECT_THROW(vision.forward(patches_.narrow(2, 0, 3), kGrid), Error);
  const auto side = vision.config().position_embedding_size / 3 * 3 + 3;
  EXPECT_THROW(
      vision.forward(at::zeros({1, side * 3, patches_.size(2)}), {.rows = 3, .columns = side}),
      Error);
}

TEST_F(Gemma4VisionTest, ConfigurationsThatAreLeftOutHaveTheReferencesDefaults) {
  const auto parsed = parse(Json::parse(R"({"model_type": "gemma4_vision"})"));
  EXPECT_EQ(parsed.block.size, 768);
  EXPECT_EQ(parsed.block.head_size, 64);
  EXPECT_EQ(parsed.block.form, LinearForm::wrapped);
  EXPECT_EQ(parsed.num_hidden_layers, 16);
  EXPECT_EQ(parsed.position_embedding_size, 10240);
  EXPECT_EQ(parsed.rope_theta, 100.0);
  EXPECT_FALSE(parsed.standardize);
}

TEST_F(Gemma4VisionTest, WhatIsImpossibleOrNotImplementedIsRefused) {
  const std::vector<std::pair<std::string, Json>> changes = {
      {"hidden_size", -1},
      {"num_key_value_heads", 4},
      {"head_dim", 6},
      {"patch_size", 100'000},
      {"pooling_kernel_size", 0},
      {"hidden_activation", "mish"},
      {"attention_bias", true},
      {"rope_parameters", {{"rope_type", "default"}, {"rope_theta", 100.0}}},
      {"rope_parameters", {{"rope_theta", -1.0}}},
      {"use_clipped_linears", "yes"},
      {"num_experts", 4},
      {"model_type", "siglip_vision_model"},
  };
  for (const auto& [key, value] : changes) {
    auto json = config();
    json[key] = value;
    EXPECT_THROW(parse(json), Error) << key << " " << value;
  }
}

TEST_F(Gemma4VisionTest, WeightsThatAreMissingOrLeftOverAreRefused) {
  for (const auto& [key, value] : std::vector<std::pair<std::string, Json>>{
           {"num_hidden_layers", 3},
           {"standardize", false},
           {"use_clipped_linears", false},
           {"patch_size", 16},
       }) {
    Checkpoint checkpoint(folder());
    for (const auto* const other :
         {"language_model", "audio_tower", "embed_audio", "embed_vision"}) {
      checkpoint.weights().ignore(other);
    }
    auto json = config();
    json[key] = value;
    const Gemma4Vision vision(parse(json), checkpoint.weights("vision_tower."));
    EXPECT_THROW(checkpoint.finish(), Error) << key;
  }
}

}  // namespace
}  // namespace ogam
