#include "fusion/ogam_fusion.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/base/files.h"
#include "fusion/registry.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

OgamFusionConfig tiny_config() {
  return {.towers = {{"visual", 6}, {"sound", 4}, {"speech", 5}},
          .hidden_size = 16,
          .num_hidden_layers = 2,
          .num_attention_heads = 2,
          .intermediate_size = 24,
          .output_size = 8,
          .matryoshka_sizes = {2, 4}};
}

class OgamFusionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    OgamFusion::initialize(folder_.path(), tiny_config(), 5);
    at::manual_seed(9);
  }
  std::unique_ptr<FusionModel> model() const {
    Checkpoint checkpoint(folder_.path());
    return make_fusion_model(checkpoint);
  }
  static FusionSegment segment(Time start) {
    return {{start, start + 4 * kSecond},
            {{"visual", at::randn({3, 6}), {start, start + kSecond, start + 3 * kSecond}},
             {"sound", at::randn({2, 4}), {start + kSecond, start + 2 * kSecond}}}};
  }
  static FusedSegment fuse(const FusionModel& model, const FusionSegment& segment) {
    return model.fuse(std::span(&segment, 1)).at(0);
  }
  Json config_json() const { return tiny_config().to_json(); }
  ErrorCode code_with(const std::string& key, const Json& value) const {
    auto json = config_json();
    json[key] = value;
    try {
      OgamFusionConfig::parse(json, "config.json");
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::internal;
  }

  test::TemporaryFolder folder_;
};

TEST_F(OgamFusionTest, GivesOneUnitVectorAndATokenForEveryInput) {
  const auto fused = fuse(*model(), segment(0));
  EXPECT_EQ(fused.vector.sizes(), (at::IntArrayRef{8}));
  EXPECT_NEAR(fused.vector.norm().item<double>(), 1, 1e-5);
  EXPECT_EQ(fused.tokens.sizes(), (at::IntArrayRef{5, 16}));
  EXPECT_EQ(fused.times, (std::vector<Time>{0, kSecond, 3 * kSecond, kSecond, 2 * kSecond}));
}

TEST_F(OgamFusionTest, OnlyDistancesInTimeMatter) {
  auto early = segment(0);
  auto late = early;
  late.span = {100 * kSecond, 104 * kSecond};
  for (auto& tower : late.towers) {
    for (Time& time : tower.times) {
      time += 100 * kSecond;
    }
  }
  const auto fusion = model();
  EXPECT_TRUE(
      test::all_close(fuse(*fusion, early).vector, fuse(*fusion, late).vector, {.atol = 1e-5}));
  late.towers[0].times[2] += kSecond;  // what moves within its segment is another moment
  EXPECT_LT(test::cosine(fuse(*fusion, early).vector, fuse(*fusion, late).vector), 1 - 1e-6);
}

TEST_F(OgamFusionTest, EverySubsetOfTowersIsValid) {
  const auto fusion = model();
  auto only_sound = segment(0);
  only_sound.towers.erase(only_sound.towers.begin());
  EXPECT_NEAR(fuse(*fusion, only_sound).vector.norm().item<double>(), 1, 1e-5);
  auto with_empty = only_sound;
  with_empty.towers.push_back({"visual", at::empty({0, 6}), {}});
  EXPECT_TRUE(at::equal(fuse(*fusion, only_sound).vector, fuse(*fusion, with_empty).vector));
  EXPECT_TRUE(at::equal(fuse(*fusion, {{0, kSecond}, {}}).vector, at::zeros({8})));
}

TEST_F(OgamFusionTest, PaddingChangesNothing) {
  Checkpoint checkpoint(folder_.path());
  const OgamFusion fusion(tiny_config(), checkpoint.weights());
  const auto vectors = at::randn({2, 3, 6});
  const auto times = at::tensor({-1.f, 0.f, 1.f}).expand({2, 3}).contiguous();
  auto real = at::ones({2, 3}, at::kBool);
  real[1][2] = false;
  const auto both = fusion.forward({.towers = {{"visual", {vectors, times, real}}}, .size = 2});
  const auto second = fusion.forward(
      {.towers = {{"visual",
                   {vectors.narrow(0, 1, 1).narrow(1, 0, 2), times.narrow(0, 1, 1).narrow(1, 0, 2),
                    real.narrow(0, 1, 1).narrow(1, 0, 2)}}},
       .size = 1});
  EXPECT_TRUE(test::all_close(both.vectors[1], second.vectors[0], {.atol = 1e-5}));
}

// The change of a loss along a random direction, by central differences, against the gradient.
TEST_F(OgamFusionTest, GradientsAreThoseOfTheForwardPass) {
  const auto fusion = OgamFusion::open_for_training(folder_.path());
  const auto target = at::randn({2, 8});
  const OgamFusion::Batch batch = {
      .towers = {{"visual", {at::randn({2, 3, 6}), at::randn({2, 3}), at::ones({2, 3}, at::kBool)}},
                 {"speech",
                  {at::randn({2, 1, 5}), at::randn({2, 1}), at::ones({2, 1}, at::kBool)}}},
      .size = 2};
  const auto loss = [&] { return (fusion.forward(batch).vectors * target).sum(); };
  loss().backward();
  for (const auto& [name, parameter] : fusion.parameters()) {
    if (name.starts_with("towers.sound")) {
      EXPECT_FALSE(parameter.grad().defined()) << name;  // this batch has no sound
      continue;
    }
    ASSERT_TRUE(parameter.grad().defined()) << name;
    const auto direction = at::randn(parameter.sizes());
    constexpr double kStep = 3e-3;
    const at::NoGradGuard no_grad;
    auto values = parameter;
    values.add_(direction, kStep);
    const double above = loss().item<double>();
    values.sub_(direction, 2 * kStep);
    const double below = loss().item<double>();
    values.add_(direction, kStep);
    const double slope = (parameter.grad() * direction).sum().item<double>();
    EXPECT_NEAR((above - below) / (2 * kStep), slope, 1e-2 + 2e-2 * std::abs(slope)) << name;
  }
}

TEST_F(OgamFusionTest, SavesWhatItLoads) {
  const auto trained = OgamFusion::open_for_training(folder_.path());
  {
    const at::NoGradGuard no_grad;
    auto head = trained.parameters().at("head.weight");
    head.add_(0.25);
  }
  const test::TemporaryFolder copy;
  trained.save(copy.path());
  Checkpoint checkpoint(copy.path());
  const auto again = make_fusion_model(checkpoint);
  const auto given = segment(0);
  EXPECT_TRUE(
      test::all_close(fuse(*again, given).vector, fuse(trained, given).vector, {.atol = 1e-5}));
  EXPECT_FALSE(at::equal(fuse(*again, given).vector, fuse(*model(), given).vector));
  EXPECT_EQ(again->towers().at(1).name, "sound");
}

TEST_F(OgamFusionTest, RefusesConfigurationsThatMakeNoSense) {
  EXPECT_EQ(code_with("num_attention_heads", 16), ErrorCode::corrupt_data);
  EXPECT_EQ(code_with("hidden_size", -1), ErrorCode::corrupt_data);
  EXPECT_EQ(code_with("matryoshka_sizes", {4, 2}), ErrorCode::corrupt_data);
  EXPECT_EQ(code_with("matryoshka_sizes", {8}), ErrorCode::corrupt_data);
  EXPECT_EQ(code_with("shortest_period", 1e5), ErrorCode::corrupt_data);
  EXPECT_EQ(code_with("towers", Json::array()), ErrorCode::corrupt_data);
  EXPECT_EQ(code_with("towers", {{{"name", "a"}, {"size", 1}}, {{"name", "a"}, {"size", 1}}}),
            ErrorCode::corrupt_data);
  EXPECT_EQ(code_with("towers", {{{"name", "a"}, {"size", 0}}}), ErrorCode::corrupt_data);
  EXPECT_EQ(code_with("attention_window", 4), ErrorCode::unsupported);
}

TEST_F(OgamFusionTest, WeightsThatDoNotFitAreListed) {
  auto json = config_json();
  json["output_size"] = 9;
  write_file_atomically(folder_ / "config.json", json.dump());
  try {
    model();
    FAIL() << "was made";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
    EXPECT_NE(std::string(error.what()).find("head.weight"), std::string::npos);
  }
}

}  // namespace
}  // namespace ogam
