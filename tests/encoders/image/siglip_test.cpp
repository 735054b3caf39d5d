#include "encoders/image/siglip.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "encoders/image/siglip_text.h"
#include "tests/encoders/image/image_text_models.h"

namespace ogam {
namespace {

constexpr test::Tolerance kClose = {.atol = 1e-5, .rtol = 1e-4};

class SiglipTest : public ::testing::Test {
 protected:
  const Encoders encoders_ = test::tiny_encoders("siglip");
  const SiglipImage& image() const { return dynamic_cast<const SiglipImage&>(*encoders_.image); }
  const SiglipText& text() const { return dynamic_cast<const SiglipText&>(*encoders_.text); }
  const test::Golden golden_ = test::Golden::open("siglip_tiny");
};

TEST_F(SiglipTest, PicturesMatchTheReference) {
  EXPECT_TRUE(test::all_close(image().embed(golden_.tensor("pixel_values")),
                              golden_.tensor("image_embeds"), kClose));
}

TEST_F(SiglipTest, TokensMatchTheReference) {
  EXPECT_TRUE(
      test::all_close(text().embed(golden_.tensor("ids")), golden_.tensor("text_embeds"), kClose));
}

TEST_F(SiglipTest, TextsMatchTheReference) {
  const auto vectors = text().encode(test::golden_texts("siglip"), "")[0].vectors;
  EXPECT_TRUE(test::all_close(vectors, golden_.tensor("text_vectors"), kClose));
}

TEST_F(SiglipTest, AnItemDoesNotDependOnItsBatch) {
  const auto texts = test::golden_texts("siglip");
  test::expect_rows_of_single_items(text().encode(texts, "")[0].vectors, [&](std::size_t i) {
    return text().encode(std::span(texts).subspan(i, 1), "")[0].vectors;
  });
  const auto pictures = test::patterned_pictures();
  test::expect_rows_of_single_items(image().encode(pictures)[0].vectors, [&](std::size_t i) {
    return image().encode(std::span(pictures).subspan(i, 1))[0].vectors;
  });
}

TEST_F(SiglipTest, NothingGivesNoRows) {
  EXPECT_EQ(text().encode({}, "")[0].vectors.sizes(), at::IntArrayRef({0, 24}));
  EXPECT_EQ(image().encode({})[0].vectors.sizes(), at::IntArrayRef({0, 24}));
}

TEST_F(SiglipTest, PicturesOfAnotherSizeAreRefused) {
  EXPECT_THROW(image().embed(at::zeros({1, 3, 40, 32})), Error);
}

TEST_F(SiglipTest, ScoreIsThatOfTheSigmoidLoss) {
  Checkpoint checkpoint(test::tiny_folder("siglip"));
  const auto scale = checkpoint.weights().get("logit_scale", {1}).item<double>();
  const auto bias = checkpoint.weights().get("logit_bias", {1}).item<double>();
  const auto& score = text().score();
  EXPECT_NEAR(score.scale, std::exp(scale), 1e-9);
  EXPECT_NEAR(score.bias, bias, 1e-9);
  EXPECT_NEAR(score.probability(0.3), 1 / (1 + std::exp(-(std::exp(scale) * 0.3 + bias))), 1e-9);
}

TEST(SiglipConfigTest, TakesTheDefaultsOfTheReference) {
  const Json empty = Json::object();
  const auto vision = SiglipImage::Config::parse({empty, "config.json"});
  EXPECT_EQ(vision.layers.hidden_size, 768);
  EXPECT_EQ(vision.layers.layer_norm_eps, 1e-6);
  EXPECT_EQ(vision.patches.grid(), 14);
  const auto text = SiglipText::Config::parse({empty, "config.json"}, "siglip_text_model");
  EXPECT_EQ(text.tower.vocab_size, 32000);
  EXPECT_EQ(text.tower.max_position_embeddings, 64);
  EXPECT_EQ(text.projection_size, 768);
}

TEST(SiglipConfigTest, WhatIsAbsurdOrNotImplementedIsRefused) {
  test::expect_refused("siglip",
                       {
                           {"/text_config/projection_size", 25},
                           {"/text_config/projection_size", "wide"},
                           {"/text_config/max_position_embeddings", 25},
                           {"/text_config/num_attention_heads", 3},
                           {"/text_config/hidden_act", "mish", ErrorCode::unsupported},
                           {"/text_config/model_type", "clip_text_model", ErrorCode::unsupported},
                           {"/vision_config/hidden_size", 16},
                           {"/vision_config/image_size", 0},
                           {"/vision_config/vision_use_head", false, ErrorCode::unsupported},
                           {"/vision_config/a_new_idea", 1, ErrorCode::unsupported},
                       });
}

TEST(SiglipTokenizerTest, CanonicalTextHasNoPunctuationAndSingleBlanks) {
  EXPECT_EQ(canonical_text("  A RED,\tcar!\n", true), "a red car");
  EXPECT_EQ(canonical_text("A - b \u3000 \u2581c\u001fd", false), "A b c d");
  EXPECT_EQ(canonical_text("don't — “빨간” 車", true), "dont — “빨간” 車");
  EXPECT_EQ(canonical_text("...", true), "");
  EXPECT_EQ(canonical_text("", true), "");
}

TEST(SiglipTokenizerTest, CapitalsAreLoweredWhetherOrNotTheFileDoesIt) {
  const test::TemporaryFolder folder;
  std::filesystem::copy(test::tiny_folder("siglip"), folder.path(),
                        std::filesystem::copy_options::recursive);
  const SiglipTokenizer itself(folder.path(), "siglip");
  auto json = read_json_file(folder / "tokenizer.json");
  json["normalizer"] = json["normalizer"]["normalizers"][1];  // without Lowercase
  write_file_atomically(folder / "tokenizer.json", json.dump());
  const SiglipTokenizer published(folder.path(), "siglip");
  const auto ids = itself.encode("a red car", 12);
  EXPECT_EQ(itself.encode("A RED Car", 12), ids);
  EXPECT_EQ(published.encode("A RED Car", 12), ids);
  EXPECT_NE(itself.encode("<EOS>", 12), itself.encode("<eos>", 12));  // a text, and a token
}

TEST(SiglipTokenizerTest, GemmasTokenizerKeepsCapitals) {
  const test::TemporaryFolder folder;
  std::filesystem::copy(test::tiny_folder("siglip"), folder.path(),
                        std::filesystem::copy_options::recursive);
  auto json = read_json_file(folder / "tokenizer.json");
  json["normalizer"] = json["normalizer"]["normalizers"][1];  // without Lowercase
  write_file_atomically(folder / "tokenizer.json", json.dump());
  auto config = read_json_file(folder / "tokenizer_config.json");
  config["tokenizer_class"] = "GemmaTokenizer";
  write_file_atomically(folder / "tokenizer_config.json", config.dump());
  const SiglipTokenizer fixed_size(folder.path(), "siglip");
  const SiglipTokenizer many_sizes(folder.path(), "siglip2");
  EXPECT_NE(fixed_size.encode("A RED Car", 12), fixed_size.encode("a red car", 12));
  EXPECT_EQ(many_sizes.encode("A RED Car", 12), many_sizes.encode("a red car", 12));
}

TEST(SiglipTokenizerTest, FilesThatCannotBeHonouredAreRefused) {
  const auto error_with = [](const std::string& key, const Json& value) {
    return test::error_with("siglip", "tokenizer_config.json", "/" + key, value);
  };
  EXPECT_EQ(error_with("tokenizer_class", "BertTokenizer"), ErrorCode::unsupported);
  EXPECT_EQ(error_with("tokenizer_class", "SiglipTokenizer"), ErrorCode::not_found);
  EXPECT_EQ(error_with("padding_side", "middle"), ErrorCode::corrupt_data);
  EXPECT_EQ(error_with("pad_token", "<nowhere>"), ErrorCode::corrupt_data);
  EXPECT_EQ(error_with("pad_token", 7), ErrorCode::corrupt_data);
}

}  // namespace
}  // namespace ogam
