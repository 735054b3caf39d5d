#include "core/tensor/sharded_weights_writer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/tensor/safetensors.h"
#include "core/tensor/weight_source.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

constexpr const char* kSingle = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";

class SaveWeightsTest : public ::testing::Test {
 protected:
  /// Five tensors of 400 bytes, filled with `value`.
  static std::map<std::string, at::Tensor> tensors(float value) {
    std::map<std::string, at::Tensor> made;
    for (const char* name : {"a", "b", "c", "d", "e"}) {
      made[name] = at::full({100}, value, at::kFloat);
    }
    return made;
  }

  void expect_stored(const std::map<std::string, at::Tensor>& expected) const {
    const auto source = open_weights(folder_.path());
    ASSERT_EQ(source->tensors().size(), expected.size());
    for (const auto& [name, tensor] : expected) {
      EXPECT_TRUE(at::equal(source->load(name), tensor)) << name;
    }
  }

  bool exists(const std::string& name) const { return std::filesystem::exists(folder_ / name); }

  test::TemporaryFolder folder_;
};

TEST_F(SaveWeightsTest, ShardsHoldNoMoreThanTheyMayAndAreReadAsOne) {
  save_weights(folder_.path(), tensors(1), {.max_shard_bytes = 1000, .metadata = {{"k", "v"}}});
  expect_stored(tensors(1));
  EXPECT_FALSE(exists(kSingle));
  for (const char* name : {"model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors",
                           "model-00003-of-00003.safetensors"}) {
    const SafetensorsFile shard(folder_ / name);
    EXPECT_LE(shard.tensors().size(), 2U) << name;
    EXPECT_EQ(shard.metadata().at("k"), "v") << name;
  }
  const auto index = read_json_file(folder_ / kIndex);
  EXPECT_EQ(json_value<int>(index.at("metadata"), "total_size", kIndex), 2000);
}

TEST_F(SaveWeightsTest, WhatFitsInOneFileIsOneFile) {
  save_weights(folder_.path(), tensors(1), {.max_shard_bytes = 2000});
  expect_stored(tensors(1));
  EXPECT_TRUE(exists(kSingle));
  EXPECT_FALSE(exists(kIndex));
}

TEST_F(SaveWeightsTest, ATensorLargerThanAShardHasOneOfItsOwn) {
  save_weights(folder_.path(), tensors(1), {.max_shard_bytes = 1});
  expect_stored(tensors(1));
  EXPECT_TRUE(exists("model-00005-of-00005.safetensors"));
}

TEST_F(SaveWeightsTest, WritingAgainReplacesTheOtherLayout) {
  save_weights(folder_.path(), tensors(1), {.max_shard_bytes = 1000});
  save_weights(folder_.path(), tensors(2));
  expect_stored(tensors(2));
  EXPECT_FALSE(exists(kIndex));
  save_weights(folder_.path(), tensors(3), {.max_shard_bytes = 1000});
  expect_stored(tensors(3));
  EXPECT_FALSE(exists(kSingle));
}

TEST_F(SaveWeightsTest, AFailureAmongTheShardsLeavesNoIndexOverThem) {
  save_weights(folder_.path(), tensors(1), {.max_shard_bytes = 1000});
  auto broken = tensors(2);
  broken["e"] = at::Tensor();
  EXPECT_THROW(save_weights(folder_.path(), broken, {.max_shard_bytes = 500}), Error);
  EXPECT_THROW(open_weights(folder_.path()), Error);
}

TEST_F(SaveWeightsTest, ShardsOfNothingAreRefused) {
  EXPECT_THROW(save_weights(folder_.path(), tensors(1), {.max_shard_bytes = 0}), Error);
  EXPECT_FALSE(exists(kSingle));
}

}  // namespace
}  // namespace ogam
