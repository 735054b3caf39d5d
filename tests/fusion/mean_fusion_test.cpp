#include "fusion/mean_fusion.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

TowerEmbeddings seen(const std::string& tower, const at::Tensor& vectors) {
  return {tower, vectors, std::vector<Time>(static_cast<std::size_t>(vectors.size(0)), 0)};
}

const MeanFusion& model() {
  static const MeanFusion kModel({{"visual", 3}, {"sound", 2}});
  return kModel;
}

at::Tensor fused(std::vector<TowerEmbeddings> towers) {
  const std::vector<FusionSegment> segments = {{{0, kSecond}, std::move(towers)}};
  return model().fuse(segments).at(0).vector;
}

TEST(MeanFusionTest, ProductIsTheMeanCosineOverTowers) {
  at::manual_seed(1);
  const auto visual = at::randn({4, 3});
  const auto sound = at::randn({2, 2});
  const auto other_visual = at::randn({1, 3});
  const auto other_sound = at::randn({1, 2});
  const auto product = fused({seen("visual", visual), seen("sound", sound)})
                           .dot(fused({seen("visual", other_visual), seen("sound", other_sound)}));
  const double expected = (test::cosine(visual.mean(0), other_visual[0]) +
                           test::cosine(sound.mean(0), other_sound[0])) /
                          2;
  EXPECT_NEAR(product.item<double>(), expected, 1e-5);
}

TEST(MeanFusionTest, MissingTowersLeaveTheirBlockEmpty) {
  const auto vector = fused({seen("sound", at::tensor({3.f, 4.f}).view({1, 2}))});
  EXPECT_TRUE(test::all_close(vector, at::tensor({0.f, 0.f, 0.f, 0.6f, 0.8f})));
  EXPECT_TRUE(at::equal(fused({}), at::zeros({5})));
  EXPECT_TRUE(at::equal(fused({seen("visual", at::empty({0, 3}))}), at::zeros({5})));
}

TEST(MeanFusionTest, RefusesWhatDoesNotFit) {
  EXPECT_THROW(fused({seen("smell", at::ones({1, 3}))}), Error);
  EXPECT_THROW(fused({seen("visual", at::ones({1, 2}))}), Error);
  EXPECT_THROW(fused({seen("visual", at::ones({1, 3})), seen("visual", at::ones({1, 3}))}), Error);
  EXPECT_THROW(fused({{"visual", at::ones({2, 3}), {0}}}), Error);
}

}  // namespace
}  // namespace ogam
