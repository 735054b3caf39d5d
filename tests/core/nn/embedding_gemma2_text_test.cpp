#include "core/nn/embedding_gemma2_text.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

constexpr const char* kModel = "embedding_gemma2_tiny";
constexpr test::Tolerance kClose = {.atol = 1e-5, .rtol = 1e-4};

class EmbeddingGemma2TextTest : public ::testing::Test {
 protected:
  static std::filesystem::path folder() {
    return test::source_folder() / "tests" / "golden" / kModel;
  }
  static Json config() { return Checkpoint(folder()).config().at("text_config"); }
  static EmbeddingGemma2TextConfig parse(const Json& json) {
    return EmbeddingGemma2TextConfig::parse({json, "config.json"});
  }
  static EmbeddingGemma2Text model(at::ScalarType precision = at::kFloat) {
    Checkpoint checkpoint(folder(), precision);
    return {parse(config()), checkpoint.weights("language_model.")};
  }

  const test::Golden golden_ = test::Golden::open(kModel);
  const at::Tensor embeddings_ = golden_.tensor("text.embeddings");
  const at::Tensor real_ = golden_.tensor("text.real");
};

TEST_F(EmbeddingGemma2TextTest, MatchesTheReference) {
  const auto [tokens, pooled] = model().forward(embeddings_, real_);
  EXPECT_TRUE(test::all_close(tokens * real_.unsqueeze(-1), golden_.tensor("text.tokens"), kClose));
  EXPECT_TRUE(test::all_close(pooled, golden_.tensor("text.pooled"), kClose));
}

TEST_F(EmbeddingGemma2TextTest, StaysNearTheReferenceInBfloat16) {
  const auto [tokens, pooled] = model(at::kBFloat16).forward(embeddings_, real_);
  EXPECT_EQ(tokens.scalar_type(), at::kBFloat16);
  EXPECT_EQ(pooled.scalar_type(), at::kFloat);
  EXPECT_GE(test::cosine(pooled, golden_.tensor("text.pooled")), 0.999);
}

TEST_F(EmbeddingGemma2TextTest, ASequenceDoesNotDependOnItsPadding) {
  const auto length = real_[1].sum().item<std::int64_t>();
  const auto alone = model().forward(embeddings_.narrow(0, 1, 1).narrow(1, 0, length),
                                     at::ones({1, length}, at::kBool));
  EXPECT_TRUE(test::all_close(alone.pooled[0], golden_.tensor("text.pooled")[1], kClose));
}

TEST_F(EmbeddingGemma2TextTest, EmbeddingsAreScaledRowsOfTheTable) {
  const auto text = model();
  Checkpoint checkpoint(folder());
  const auto table = checkpoint.weights("language_model.embed_tokens.")
                         .get("weight", {text.config().vocab_size, text.config().hidden_size});
  const auto ids = at::tensor({3, 300, 3}, at::kLong).view({1, 3});
  const double scale = std::sqrt(static_cast<double>(text.config().hidden_size));
  EXPECT_TRUE(test::all_close(text.embed(ids)[0], table.index_select(0, ids[0]) * scale));
  EXPECT_THROW(text.embed(at::tensor({-1}, at::kLong)), Error);
  EXPECT_THROW(text.embed(at::tensor({text.config().vocab_size}, at::kLong)), Error);
}

TEST_F(EmbeddingGemma2TextTest, OtherShapesAreRefused) {
  const auto text = model();
  EXPECT_THROW(text.forward(embeddings_[0], real_), Error);
  EXPECT_THROW(text.forward(embeddings_.narrow(2, 0, 8), real_), Error);
  EXPECT_THROW(text.forward(embeddings_, real_.narrow(1, 0, 3)), Error);
  EXPECT_THROW(text.forward(embeddings_, real_.to(at::kFloat)), Error);
  EXPECT_THROW(text.forward(embeddings_, at::zeros_like(real_)), Error);
}

TEST_F(EmbeddingGemma2TextTest, ConfigurationsThatAreLeftOutHaveTheReferencesDefaults) {
  const auto parsed = parse(Json::parse(R"({"model_type": "embedding_gemma2_text"})"));
  EXPECT_EQ(parsed.hidden_size, 512);
  EXPECT_EQ(parsed.embedding_dim, 768);
  ASSERT_EQ(parsed.is_sliding.size(), 24U);
  for (std::size_t i = 0; i < parsed.is_sliding.size(); ++i) {
    EXPECT_EQ(parsed.is_sliding[i], i % 6 != 5) << i;
  }
  EXPECT_EQ(parsed.sliding.head_dim, 256);
  EXPECT_EQ(parsed.sliding.num_key_value_heads, 2);
  EXPECT_EQ(parsed.full.head_dim, 512);
  EXPECT_EQ(parsed.full.num_key_value_heads, 1);
  EXPECT_EQ(parsed.full.rope_theta, 1e6);
}

TEST_F(EmbeddingGemma2TextTest, LayersMayBeGivenOneByOne) {
  const auto parsed = parse(Json::parse(
      R"({"num_hidden_layers": 3, "layer_types": ["sliding_attention", "sliding_attention",
          "full_attention"], "per_layer_config": {"00": {"head_dim": 64}, "01": {"head_dim": 64},
          "02": {"num_key_value_heads": 4}}})"));
  EXPECT_EQ(parsed.sliding.head_dim, 64);
  EXPECT_EQ(parsed.sliding.num_key_value_heads, 2);
  EXPECT_EQ(parsed.full.head_dim, 256);
  EXPECT_EQ(parsed.full.num_key_value_heads, 4);
}

TEST_F(EmbeddingGemma2TextTest, WhatIsImpossibleOrNotImplementedIsRefused) {
  const std::vector<std::pair<std::string, Json>> changes = {
      {"hidden_size", 0},
      {"hidden_size", 1'000'000'000},
      {"num_hidden_layers", 1'000'000},
      {"num_hidden_layers", 5},
      {"num_attention_heads", 3},
      {"head_dim", 7},
      {"hidden_activation", "mish"},
      {"attention_bias", true},
      {"layer_types", Json::array({"sliding_attention", "chunked_attention", "full_attention"})},
      {"layer_types", "full_attention"},
      {"per_layer_config", {{"9", {{"head_dim", 16}}}}},
      {"per_layer_config", {{"1x", {{"head_dim", 16}}}}},
      {"per_layer_config", {{"1", {{"head_dim", 16}}}}},
      {"per_layer_config", {{"1", {{"intermediate_size", 16}}}}},
      {"per_layer_config", Json::array({1})},
      {"rope_parameters", {{"full_attention", {{"rope_type", "default"}, {"rope_theta", 1e4}}}}},
      {"rope_parameters",
       {{"full_attention", {{"rope_type", "yarn"}, {"rope_theta", 1e4}}},
        {"sliding_attention", {{"rope_type", "default"}, {"rope_theta", 1e4}}}}},
      {"rms_norm_eps", -1},
      {"use_double_wide_mlp", true},
      {"model_type", "gemma4_text"},
  };
  for (const auto& [key, value] : changes) {
    auto json = config();
    json[key] = value;
    EXPECT_THROW(parse(json), Error) << key << " " << value;
  }
}

TEST_F(EmbeddingGemma2TextTest, WeightsOfAnotherShapeAreRefused) {
  Checkpoint checkpoint(folder());
  auto parsed = parse(config());
  parsed.hidden_size_per_layer_input += 1;
  parsed.is_sliding.push_back(false);
  const EmbeddingGemma2Text text(parsed, checkpoint.weights("language_model."));
  EXPECT_THROW(checkpoint.finish(), Error);
}

}  // namespace
}  // namespace ogam
