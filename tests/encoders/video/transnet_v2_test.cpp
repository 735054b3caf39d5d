#include "encoders/video/transnet_v2.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support/golden.h"

namespace ogam {
namespace {

class TransNetV2Test : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Checkpoint checkpoint(test::pack_folder() / "models" / "transnet-v2");
    model_ = make_transnet_v2(checkpoint);
  }
  static void TearDownTestSuite() { model_.reset(); }

  static inline std::unique_ptr<TransNetV2> model_;
};

TEST_F(TransNetV2Test, MatchesReferenceOnOneWindow) {
  const auto golden = test::Golden::open("transnet_v2");
  // The reference's first window: 25 copies of the first frame, then 75 frames; it keeps 25 to 75.
  const auto film = golden.tensor("frames").index_select(0, golden.tensor("order"));
  const auto window = at::cat({film[0].expand({25, 27, 48, 3}), film.slice(0, 0, 75)});
  const auto output = model_->forward(window);
  const auto kept = [](const at::Tensor& x) { return x.slice(0, 25, 75); };
  EXPECT_TRUE(test::all_close(kept(output.cut), golden.tensor("cut").slice(0, 0, 50),
                              {.atol = 1e-4, .rtol = 0}));
  EXPECT_TRUE(test::all_close(kept(output.transition), golden.tensor("transition").slice(0, 0, 50),
                              {.atol = 1e-4, .rtol = 0}));
}

TEST_F(TransNetV2Test, TakesAWindowOfAnyLength) {
  EXPECT_EQ(model_->forward(at::zeros({1, 27, 48, 3}, at::kByte)).cut.size(0), 1);
  EXPECT_EQ(model_->forward(at::zeros({150, 27, 48, 3}, at::kByte)).cut.size(0), 150);
}

TEST_F(TransNetV2Test, RefusesFramesOfAnotherShapeOrType) {
  EXPECT_THROW(model_->forward(at::zeros({10, 48, 27, 3}, at::kByte)), Error);
  EXPECT_THROW(model_->forward(at::zeros({10, 27, 48, 3})), Error);
  EXPECT_THROW(model_->forward(at::zeros({0, 27, 48, 3}, at::kByte)), Error);
}

TEST_F(TransNetV2Test, RefusesConfigurationsItDoesNotImplement) {
  const auto config =
      read_json_file(test::pack_folder() / "models" / "transnet-v2" / "config.json");
  EXPECT_NO_THROW(TransNetV2Config::parse(config, "config.json"));
  for (const auto* key : {"use_frame_similarity", "use_color_histograms", "use_many_hot_targets"}) {
    auto other = config;
    other[key] = false;
    EXPECT_THROW(TransNetV2Config::parse(other, "config.json"), Error) << key;
  }
  for (const auto* key : {"lookup_window", "stride", "filters"}) {
    auto other = config;
    other[key] = 100000;
    EXPECT_THROW(TransNetV2Config::parse(other, "config.json"), Error) << key;
  }
  auto other = config;
  other["model_type"] = "autoshot";
  EXPECT_THROW(TransNetV2Config::parse(other, "config.json"), Error);
  other = config;
  other["stride"] = other["window"];  // a window without frames before and after its middle
  EXPECT_THROW(TransNetV2Config::parse(other, "config.json"), Error);
}

}  // namespace
}  // namespace ogam
