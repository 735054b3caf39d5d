#include "core/nn/same_conv.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "core/base/files.h"
#include "core/tensor/safetensors_writer.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

class SameConvTest : public ::testing::Test {
 protected:
  /// A checkpoint that holds `tensors`.
  Checkpoint checkpoint(const std::map<std::string, at::Tensor>& tensors) {
    write_file_atomically(folder_ / "config.json", "{\"model_type\": \"test\"}");
    save_safetensors(folder_ / "model.safetensors", tensors);
    return Checkpoint(folder_.path());
  }

 private:
  test::TemporaryFolder folder_;
};

TEST_F(SameConvTest, PadsAtBottomAndRightWherePaddingIsOdd) {
  auto weights = checkpoint({{"weight", at::ones({1, 1, 3, 3})}, {"bias", at::zeros({1})}});
  const SameConv conv(weights.weights(), {.in = 1, .out = 1, .kernel = 3, .stride = 2});
  const auto x = at::arange(16, at::kFloat).view({1, 1, 4, 4});
  // Windows start at rows and columns 0 and 2; the second ones reach one beyond the edge.
  const auto expected = at::tensor({45.0F, 39.0F, 66.0F, 50.0F}).view({1, 1, 2, 2});
  EXPECT_TRUE(test::all_close(conv(x), expected, {.atol = 1e-5, .rtol = 0}));
}

TEST_F(SameConvTest, PadsAllAroundWherePaddingIsEven) {
  auto weights = checkpoint({{"weight", at::ones({1, 1, 3, 3})}, {"bias", at::ones({1})}});
  const SameConv conv(weights.weights(), {.in = 1, .out = 1, .kernel = 3});
  const auto expected = at::tensor({5.0F, 5.0F, 5.0F, 5.0F}).view({1, 1, 2, 2});
  EXPECT_TRUE(test::all_close(conv(at::ones({1, 1, 2, 2})), expected, {.atol = 1e-6, .rtol = 0}));
}

TEST_F(SameConvTest, FoldsBatchNormalisation) {
  at::manual_seed(1);
  const auto weight = at::randn({6, 2, 3, 3});
  const auto scale = at::rand({6}) + 0.5;
  const auto bias = at::randn({6});
  const auto mean = at::randn({6});
  const auto variance = at::rand({6}) + 0.1;
  auto weights = checkpoint({{"unit.conv.weight", weight},
                             {"unit.norm.weight", scale},
                             {"unit.norm.bias", bias},
                             {"unit.norm.running_mean", mean},
                             {"unit.norm.running_var", variance}});
  const auto conv = SameConv::with_batch_norm(weights.weights().scope("unit"),
                                              {.in = 4, .out = 6, .kernel = 3, .groups = 2}, 1e-3);
  weights.finish();
  const auto x = at::randn({2, 4, 7, 5});
  const auto expected = at::batch_norm(at::conv2d(x, weight, {}, {1, 1}, {1, 1}, {1, 1}, 2), scale,
                                       bias, mean, variance, /*training=*/false, 0.1, 1e-3, false);
  EXPECT_TRUE(test::all_close(conv(x), expected, {.atol = 1e-5, .rtol = 1e-5}));
}

TEST_F(SameConvTest, ReportsMissingTensorsOfAbsurdSizeWithoutAllocatingThem) {
  auto weights = checkpoint({{"other", at::zeros({1})}});
  SameConv::with_batch_norm(weights.weights(), {.in = 1 << 20, .out = 1 << 20, .kernel = 11}, 1e-3);
  EXPECT_THROW(weights.finish(), Error);
}

}  // namespace
}  // namespace ogam
