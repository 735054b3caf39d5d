#include "core/tensor/sharded_weights.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensor/safetensors_writer.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

constexpr const char* kIndex = "model.safetensors.index.json";

class ShardedWeightsTest : public ::testing::Test {
 protected:
  ShardedWeightsTest() {
    save_safetensors(folder_ / "one.safetensors", {{"a", at::ones({2})}, {"c", at::ones({1})}});
    save_safetensors(folder_ / "two.safetensors", {{"b", at::zeros({3})}});
  }

  void write_index(const std::string& text) { write_file_atomically(folder_ / kIndex, text); }

  std::string error_of_open() {
    try {
      open_weights(folder_.path());
    } catch (const Error& error) {
      return error.what();
    }
    return "was accepted";
  }

  test::TemporaryFolder folder_;
};

TEST_F(ShardedWeightsTest, ListsAndLoadsTheTensorsOfEveryShard) {
  write_index(
      R"({"metadata":{"total_size":24},"weight_map":{"b":"two.safetensors","a":"one.safetensors","c":"one.safetensors"}})");
  const auto source = open_weights(folder_.path());
  ASSERT_EQ(source->tensors().size(), 3U);
  EXPECT_EQ(source->tensors()[0].name, "a");
  EXPECT_EQ(source->tensors()[1].name, "b");
  EXPECT_TRUE(at::equal(source->load("b"), at::zeros({3})));
  EXPECT_THROW(source->load("d"), Error);
}

TEST_F(ShardedWeightsTest, TensorMissingFromItsShardIsRefused) {
  write_index(
      R"({"weight_map":{"a":"one.safetensors","c":"one.safetensors","b":"two.safetensors","d":"two.safetensors"}})");
  EXPECT_THAT(error_of_open(), ::testing::HasSubstr("'d' is not in shard two.safetensors"));
}

TEST_F(ShardedWeightsTest, TensorThatTheIndexDoesNotListIsRefused) {
  write_index(R"({"weight_map":{"a":"one.safetensors"}})");
  EXPECT_THAT(error_of_open(), ::testing::HasSubstr("'c'"));
}

TEST_F(ShardedWeightsTest, TensorInTwoShardsIsRefused) {
  save_safetensors(folder_ / "two.safetensors", {{"b", at::zeros({3})}, {"a", at::zeros({2})}});
  write_index(
      R"({"weight_map":{"a":"one.safetensors","c":"one.safetensors","b":"two.safetensors"}})");
  EXPECT_THAT(error_of_open(), ::testing::HasSubstr("'a', which the index does not place there"));
}

TEST_F(ShardedWeightsTest, ShardNamesThatLeaveTheFolderAreRefused) {
  for (const auto* const name :
       {"../one.safetensors", "/one.safetensors", "x/one.safetensors", "x\\\\one.safetensors",
        "one\\u0000.safetensors", ".safetensors", "", "one.bin"}) {
    write_index(R"({"weight_map":{"a":")" + std::string(name) + R"("}})");
    EXPECT_THAT(error_of_open(), ::testing::HasSubstr("beside the index")) << name;
  }
}

TEST_F(ShardedWeightsTest, MissingShardIsNamed) {
  write_index(R"({"weight_map":{"a":"three.safetensors"}})");
  EXPECT_THAT(error_of_open(), ::testing::HasSubstr("three.safetensors"));
}

TEST_F(ShardedWeightsTest, IndexWithoutTensorsIsRefused) {
  for (const auto* const text : {"{}", R"({"weight_map":{}})", R"({"weight_map":[]})", "[]", ""}) {
    write_index(text);
    EXPECT_NE(error_of_open(), "was accepted") << text;
  }
}

TEST_F(ShardedWeightsTest, FolderWithoutWeightsIsNotFound) {
  EXPECT_THAT(error_of_open(), ::testing::HasSubstr("holds no weights"));
}

}  // namespace
}  // namespace ogam
