#include "encoders/image/qwen3_vl_vision.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <vector>

#include "core/base/error.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

// Of the largest element of the reference.
constexpr double kTolerance = 1e-4;

::testing::AssertionResult equals_reference(const at::Tensor& actual, const at::Tensor& expected) {
  const auto largest = expected.abs().max().item<double>();
  return test::all_close(actual, expected, {.atol = kTolerance * largest, .rtol = 0});
}

class Qwen3VlVisionTest : public ::testing::Test {
 protected:
  Qwen3VlVisionTest()
      : checkpoint_(test::source_folder() / "tests" / "golden" / "qwen3_vl_tiny"),
        golden_(test::Golden::open("qwen3_vl_tiny")),
        tower_(Qwen3VlVisionConfig::parse(
                   ConfigReader(checkpoint_.config().at("vision_config"), "vision_config")),
               checkpoint_.weights("model.visual.")),
        patches_(golden_.tensor("levels").to(at::kFloat) / 127.5 - 1) {}

  Checkpoint checkpoint_;
  test::Golden golden_;
  Qwen3VlVision tower_;
  at::Tensor patches_;
  // A picture, and a video of two moments.
  const std::vector<PatchGrid> grids_ = {{.frames = 1, .rows = 2, .columns = 4},
                                         {.frames = 2, .rows = 4, .columns = 2}};
};

TEST_F(Qwen3VlVisionTest, SeesAPictureAndAVideoAsTheReferenceDoes) {
  const auto seen = tower_(patches_, grids_);
  EXPECT_TRUE(equals_reference(seen.tokens, golden_.tensor("visual.tokens")));
  ASSERT_EQ(seen.deepstack.size(), 2U);
  EXPECT_TRUE(equals_reference(seen.deepstack[0], golden_.tensor("visual.deepstack.0")));
  EXPECT_TRUE(equals_reference(seen.deepstack[1], golden_.tensor("visual.deepstack.1")));
}

TEST_F(Qwen3VlVisionTest, SeesEachByItself) {
  const auto expected = golden_.tensor("visual.tokens");
  const auto picture = tower_(patches_.narrow(0, 0, 8), std::span(grids_).first(1));
  const auto video = tower_(patches_.narrow(0, 8, 16), std::span(grids_).last(1));
  EXPECT_TRUE(equals_reference(at::cat({picture.tokens, video.tokens}), expected));
}

TEST_F(Qwen3VlVisionTest, PatchesThatDoNotFitTheirGridsAreRefused) {
  const std::vector<PatchGrid> odd = {{.frames = 8, .rows = 1, .columns = 3}};
  EXPECT_THROW(tower_(patches_, odd), Error);
  EXPECT_THROW(tower_(patches_.narrow(0, 0, 23), grids_), Error);
  EXPECT_THROW(tower_(patches_.narrow(1, 0, 5), grids_), Error);
  EXPECT_THROW(tower_(patches_, {}), Error);
}

TEST(MergedOrderTest, PutsThePatchesOfASquareNextToEachOther) {
  const auto places = merged_order(2, 4, 2);
  EXPECT_TRUE(at::equal(places.rows, at::tensor({0, 0, 1, 1, 0, 0, 1, 1}, at::kLong)));
  EXPECT_TRUE(at::equal(places.columns, at::tensor({0, 1, 0, 1, 2, 3, 2, 3}, at::kLong)));
}

std::optional<ErrorCode> error_of(const std::function<void(Json&)>& change) {
  auto config = parse_json(R"({"depth": 2, "hidden_size": 16, "intermediate_size": 24,
      "num_heads": 2, "out_hidden_size": 32, "num_position_embeddings": 25,
      "deepstack_visual_indexes": [0, 1]})",
                           "config.json");
  change(config);
  try {
    Qwen3VlVisionConfig::parse(ConfigReader(config, "config.json"));
    return std::nullopt;
  } catch (const Error& error) {
    return error.code();
  }
}

TEST(Qwen3VlVisionConfigTest, RefusesWhatIsNotImplemented) {
  EXPECT_EQ(error_of([](Json&) {}), std::nullopt);
  EXPECT_EQ(error_of([](Json& c) { c["hidden_act"] = "mish"; }), ErrorCode::unsupported);
  EXPECT_EQ(error_of([](Json& c) { c["in_channels"] = 4; }), ErrorCode::unsupported);
  EXPECT_EQ(error_of([](Json& c) { c["window_size"] = 4; }), ErrorCode::unsupported);
  EXPECT_EQ(error_of([](Json& c) { c["model_type"] = "siglip"; }), ErrorCode::unsupported);
  EXPECT_EQ(error_of([](Json& c) {
              c["rope_parameters"] = {{"rope_type", "yarn"}};
            }),
            ErrorCode::unsupported);
}

TEST(Qwen3VlVisionConfigTest, RefusesValuesThatDoNotFitTogether) {
  const std::vector<std::function<void(Json&)>> changes = {
      [](Json& c) { c["num_heads"] = 3; },
      [](Json& c) { c["num_heads"] = 8; },
      [](Json& c) { c["num_position_embeddings"] = 24; },
      [](Json& c) {
        c["deepstack_visual_indexes"] = {1, 0};
      },
      [](Json& c) {
        c["deepstack_visual_indexes"] = {0, 2};
      },
      [](Json& c) { c["patch_size"] = 0; },
      [](Json& c) { c["depth"] = 1000000; },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    EXPECT_EQ(error_of(changes[i]), ErrorCode::corrupt_data) << i;
  }
}

}  // namespace
}  // namespace ogam
