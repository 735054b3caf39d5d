#include "core/tensor/checkpoint.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensor/safetensors_writer.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

class CheckpointTest : public ::testing::Test {
 protected:
  CheckpointTest() {
    write_file_atomically(folder_ / "config.json", R"({"model_type":"toy"})");
    save_safetensors(folder_ / "model.safetensors",
                     {{"layer.weight", at::arange(6, at::kFloat).reshape({2, 3}).to(at::kHalf)},
                      {"layer.bias", at::ones({2}, at::kBFloat16)},
                      {"steps", at::arange(2, at::kLong)}});
  }
  test::TemporaryFolder folder_;
};

TEST_F(CheckpointTest, ReadsConfig) {
  const Checkpoint checkpoint(folder_.path());
  EXPECT_EQ(checkpoint.model_type(), "toy");
  EXPECT_EQ(checkpoint.folder(), folder_.path());
}

TEST_F(CheckpointTest, IntegersAreNoWeights) {
  Checkpoint checkpoint(folder_.path());
  checkpoint.weights().ignore("layer");
  EXPECT_TRUE(at::equal(checkpoint.weights().get("steps", {2}), at::zeros({2})));
  EXPECT_THROW(checkpoint.finish(), Error);
}

TEST_F(CheckpointTest, WidensFloatingPointAndKeepsIntegers) {
  Checkpoint checkpoint(folder_.path());
  const auto weights = checkpoint.weights();
  const auto layer = weights.scope("layer");
  EXPECT_TRUE(at::equal(layer.get("weight", {2, 3}), at::arange(6, at::kFloat).reshape({2, 3})));
  EXPECT_TRUE(at::equal(layer.get("bias", {2}), at::ones({2}, at::kFloat)));
  EXPECT_EQ(weights.get_stored("steps", {2}).scalar_type(), at::kLong);
  EXPECT_NO_THROW(checkpoint.finish());
}

TEST_F(CheckpointTest, ContainsKnowsItsPrefix) {
  Checkpoint checkpoint(folder_.path());
  EXPECT_TRUE(checkpoint.weights("layer.").contains("bias"));
  EXPECT_FALSE(checkpoint.weights().contains("bias"));
}

TEST_F(CheckpointTest, FinishListsEveryProblemInOneError) {
  Checkpoint checkpoint(folder_.path());
  const auto layer = checkpoint.weights().scope("layer");
  layer.get("weight", {3, 2});
  layer.get("scale", {2});
  layer.get("shift", {1'000'000'000'000, 1'000'000});  // never allocated
  try {
    checkpoint.finish();
    FAIL() << "was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
    EXPECT_THAT(
        error.what(),
        ::testing::AllOf(::testing::HasSubstr("missing tensors: layer.scale, layer.shift"),
                         ::testing::HasSubstr("unexpected tensors: layer.bias, steps"),
                         ::testing::HasSubstr("layer.weight: expected [3, 2], got [2, 3]")));
  }
}

TEST_F(CheckpointTest, MissingFilesAreNotFound) {
  std::filesystem::remove(folder_ / "model.safetensors");
  EXPECT_THROW(Checkpoint{folder_.path()}, Error);
  EXPECT_THROW(Checkpoint{folder_ / "nowhere"}, Error);
}

TEST_F(CheckpointTest, ConfigWithoutModelTypeIsRefused) {
  write_file_atomically(folder_ / "config.json", "{}");
  EXPECT_THROW(Checkpoint(folder_.path()).model_type(), Error);
}

}  // namespace
}  // namespace ogam
