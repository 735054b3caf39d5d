#include "pipelines/model_cost.h"

#include <gmock/gmock.h>

#include <fstream>

#include "core/base/error.h"
#include "pipelines/machine_speed.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

using ::testing::HasSubstr;

TensorInfo tensor(const std::string& name, std::vector<std::int64_t> shape) {
  return {.name = name, .dtype = at::kFloat, .shape = std::move(shape)};
}

/// One layer of 6 numbers in `prefix`, with an inner width of 10: 4 * 36 + 2 * 60 = 264 numbers.
std::vector<TensorInfo> layer(const std::string& prefix) {
  std::vector<TensorInfo> tensors;
  for (const auto* name : {"q_proj", "k_proj", "v_proj", "out_proj"}) {
    tensors.push_back(tensor(prefix + "self_attn." + name + ".weight", {6, 6}));
    tensors.push_back(tensor(prefix + "self_attn." + name + ".bias", {6}));
  }
  tensors.push_back(tensor(prefix + "fc1.weight", {10, 6}));
  tensors.push_back(tensor(prefix + "fc2.weight", {6, 10}));
  return tensors;
}

void append(std::vector<TensorInfo>& to, const std::vector<TensorInfo>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

TEST(ModelCostTest, CountsTheTowersOfAPictureAndAText) {
  auto tensors = layer("vision_model.encoder.layers.0.");
  append(tensors, layer("text_model.encoder.layers.0."));
  append(tensors, layer("text_model.encoder.layers.1."));
  append(tensors, {tensor("vision_model.embeddings.patch_embedding.weight", {6, 3, 8, 8}),
                   tensor("vision_model.embeddings.position_embedding.weight", {17, 6}),
                   tensor("text_model.embeddings.token_embedding.weight", {100, 6}),
                   tensor("visual_projection.weight", {5, 6})});
  const auto config = Json::parse(
      R"({"model_type": "clip", "vision_config": {"image_size": 32, "patch_size": 8}})");
  const auto cost = model_cost(config, tensors, "config.json");
  EXPECT_EQ(cost.model_type, "clip");
  // Per layer 264 and four biases of 6; the patches 1152, the positions 102, the tokens 600, 30.
  EXPECT_EQ(cost.parameters, 3 * (264 + 24) + 1152 + 102 + 600 + 30);
  EXPECT_TRUE(cost.runs_in_bfloat16);
  EXPECT_EQ(cost.weight_bytes(4), 4.0 * 2748);
  ASSERT_EQ(cost.items.size(), 3U);
  EXPECT_EQ(cost.items[0].item, "text of 32 tokens");
  // Two layers of 32 tokens, and attention between them.
  EXPECT_EQ(cost.items[0].multiply_adds, 2 * (264 * 32 + 2 * 32 * 32 * 6));
  EXPECT_EQ(cost.items[1].item, "picture");
  // 4 x 4 patches and one token more.
  EXPECT_EQ(cost.items[1].multiply_adds, 17 * (264 + 1152) + 2 * 17 * 17 * 6);
  EXPECT_EQ(cost.items[1].numbers_at_work, 17 * (4 * 6 + 2 * 10));
  EXPECT_EQ(cost.items[2].item, "10 s of video at 1 frame a second");
  EXPECT_EQ(cost.items[2].multiply_adds, 10 * cost.items[1].multiply_adds);
  // The text's, for it is the longer one.
  EXPECT_EQ(cost.work_bytes(2), 2 * 32 * (4 * 6 + 2 * 10));
}

TEST(ModelCostTest, CountsWhatWhisperHearsOnceAndWritesTokenByToken) {
  auto tensors = layer("model.encoder.layers.0.");
  append(tensors, layer("model.decoder.layers.0."));
  for (const auto* name : {"q_proj", "k_proj", "v_proj", "out_proj"}) {
    tensors.push_back(
        tensor(std::string("model.decoder.layers.0.encoder_attn.") + name + ".weight", {6, 6}));
  }
  append(tensors, {tensor("model.decoder.embed_tokens.weight", {100, 6}),
                   tensor("model.decoder.embed_positions.weight", {64, 6}),
                   tensor("model.encoder.embed_positions.weight", {50, 6}),
                   tensor("model.encoder.conv1.weight", {6, 4, 3})});
  const auto cost = model_cost(
      Json::parse(R"({"model_type": "whisper", "max_source_positions": 50})"), tensors, "x");
  EXPECT_FALSE(cost.runs_in_bfloat16);
  ASSERT_EQ(cost.items.size(), 1U);
  EXPECT_EQ(cost.items[0].item, "10 s of sound");
  // The encoder, and keys and values for the decoder.
  EXPECT_EQ(cost.items[0].multiply_adds, 50 * (264 + 72) + 2 * 50 * 50 * 6 + 50 * 2 * 36);
  // 40 tokens through the layer, its attention to the sound and the table of tokens, and attention
  // of two kinds between them.
  EXPECT_EQ(cost.items[0].step_multiply_adds, 40 * (264 + 4 * 36 + 600) + 2 * (2 * 40 * 40 * 6));
}

TEST(ModelCostTest, HeadsAreOfTheirOwnPrefixAlone) {
  auto tensors = layer("bert.encoder.layer.0.");
  append(tensors, {tensor("cls.predictions.transform.dense.weight", {6, 6})});
  const auto cost = model_cost(Json::parse(R"({"model_type": "bert"})"), tensors, "x");
  ASSERT_EQ(cost.items.size(), 1U);
  EXPECT_EQ(cost.items[0].multiply_adds, 264 * 32 + 2 * 32 * 32 * 6);
}

TEST(ModelCostTest, AnUnknownTypeHasMemoryAlone) {
  const auto cost = model_cost(Json::parse(R"({"model_type": "yamnet"})"),
                               {tensor("a", {3, 4}), tensor("b", {})}, "x");
  EXPECT_EQ(cost.parameters, 13);
  EXPECT_TRUE(cost.items.empty());
  EXPECT_EQ(cost.work_bytes(4), 0);
}

TEST(ModelCostTest, SizesThatMakeNoSenseAreRefused) {
  const auto tensors = layer("encoder.layers.0.");
  for (const auto* config : {R"({"model_type": "siglip_vision_model", "patch_size": 0})",
                             R"({"model_type": "siglip_vision_model", "image_size": -1})",
                             R"({"model_type": 5})", R"([])"}) {
    EXPECT_THROW(model_cost(Json::parse(config), tensors, "x"), Error) << config;
  }
}

TEST(ModelCostTest, AFolderIsCountedWithoutItsWeightsBeingRead) {
  const auto cost = model_cost(test::source_folder() / "tests" / "golden" / "whisper_tiny");
  EXPECT_EQ(cost.model_type, "whisper");
  EXPECT_GT(cost.parameters, 1000);
}

TEST(ModelCostTest, ADamagedFolderIsRefusedByName) {
  const test::TemporaryFolder folder;
  try {
    model_cost(folder.path());
    FAIL() << "an empty folder is no model";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
    EXPECT_THAT(error.what(), HasSubstr("model.safetensors"));
  }
  std::ofstream(folder.path() / "model.safetensors") << "no weights";
  std::ofstream(folder.path() / "config.json") << R"({"model_type": "bert"})";
  EXPECT_THROW(model_cost(folder.path()), Error);
}

TEST(MachineSpeedTest, IsMeasuredInBothPrecisions) {
  for (const auto precision : {at::kFloat, at::kBFloat16}) {
    const auto speed = measure_matmul_speed(precision);
    EXPECT_GT(speed.many_tokens, 1e6);
    EXPECT_GT(speed.one_token, 1e6);
  }
  EXPECT_GT(machine_memory(), std::uint64_t{1} << 26);
}

}  // namespace
}  // namespace ogam
