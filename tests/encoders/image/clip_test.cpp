#include "encoders/image/clip.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/encoders/image/image_text_models.h"

namespace ogam {
namespace {

constexpr test::Tolerance kClose = {.atol = 1e-5, .rtol = 1e-4};

class ClipTest : public ::testing::Test {
 protected:
  const Encoders encoders_ = test::tiny_encoders("clip");
  const ClipImage& image() const { return dynamic_cast<const ClipImage&>(*encoders_.image); }
  const ClipText& text() const { return dynamic_cast<const ClipText&>(*encoders_.text); }
  const test::Golden golden_ = test::Golden::open("clip_tiny");
};

TEST_F(ClipTest, PicturesMatchTheReference) {
  EXPECT_TRUE(test::all_close(image().embed(golden_.tensor("pixel_values")),
                              golden_.tensor("image_embeds"), kClose));
}

TEST_F(ClipTest, TokensMatchTheReference) {
  const std::vector<std::vector<std::int64_t>> texts = {{622, 3, 4, 5, 623},
                                                        {622, 6, 7, 8, 9, 10, 623}};
  EXPECT_TRUE(test::all_close(text().embed(texts), golden_.tensor("text_embeds"), kClose));
}

TEST_F(ClipTest, TextsMatchTheReference) {
  const auto vectors = text().encode(test::golden_texts("clip"), "")[0].vectors;
  EXPECT_TRUE(test::all_close(vectors, golden_.tensor("text_vectors"), kClose));
}

TEST_F(ClipTest, AnItemDoesNotDependOnItsBatch) {
  const auto texts = test::golden_texts("clip");
  test::expect_rows_of_single_items(text().encode(texts, "")[0].vectors, [&](std::size_t i) {
    return text().encode(std::span(texts).subspan(i, 1), "")[0].vectors;
  });
  const auto pictures = test::patterned_pictures();
  test::expect_rows_of_single_items(image().encode(pictures)[0].vectors, [&](std::size_t i) {
    return image().encode(std::span(pictures).subspan(i, 1))[0].vectors;
  });
}

TEST_F(ClipTest, NothingGivesNoRows) {
  EXPECT_EQ(text().encode({}, "")[0].vectors.sizes(), at::IntArrayRef({0, 24}));
  EXPECT_EQ(image().encode({})[0].vectors.sizes(), at::IntArrayRef({0, 24}));
}

TEST_F(ClipTest, PicturesOfAnotherSizeAreRefused) {
  EXPECT_THROW(image().embed(at::zeros({1, 3, 32, 40})), Error);
  EXPECT_THROW(image().embed(at::zeros({1, 3, 8, 8})), Error);
  EXPECT_THROW(image().embed(at::zeros({3, 32, 32})), Error);
}

TEST_F(ClipTest, TokensThatCannotBeReadAreRefused) {
  using Texts = std::vector<std::vector<std::int64_t>>;
  EXPECT_THROW(text().embed(Texts{{622, 3}}), Error);                            // without an end
  EXPECT_THROW(text().embed(Texts{{}}), Error);                                  // of nothing
  EXPECT_THROW(text().embed(Texts{{624, 623}}), Error);                          // beyond the table
  EXPECT_THROW(text().embed(Texts{std::vector<std::int64_t>(25, 623)}), Error);  // too long
  EXPECT_THROW(text().encode(std::vector<std::string>{"a"}, "poem"), Error);     // unknown prompt
}

TEST_F(ClipTest, ScaleIsReadable) { EXPECT_NEAR(text().logit_scale(), std::exp(0.0), 1.0); }

TEST(ClipConfigTest, TakesTheDefaultsOfTheReference) {
  const Json empty = Json::object();
  const auto vision = ClipVisionTower::Config::parse({empty, "config.json"});
  EXPECT_EQ(vision.layers.hidden_size, 768);
  EXPECT_EQ(vision.patches.grid(), 7);
  const auto text = ClipText::Config::parse({empty, "config.json"}, 512);
  EXPECT_EQ(text.tower.layers.hidden_size, 512);
  EXPECT_EQ(text.tower.layers.num_attention_heads, 8);
  EXPECT_EQ(text.tower.max_position_embeddings, 77);
  EXPECT_EQ(text.eos_token_id, 49407);
}

TEST(ClipConfigTest, WhatIsAbsurdOrNotImplementedIsRefused) {
  test::expect_refused("clip", {
                                   {"/projection_dim", 25},
                                   {"/projection_dim", -1},
                                   {"/text_config", "none"},
                                   {"/text_config/vocab_size", 1'000'000'000'000},
                                   {"/text_config/num_attention_heads", 3},
                                   {"/text_config/num_hidden_layers", 3},
                                   {"/text_config/hidden_act", "mish", ErrorCode::unsupported},
                                   {"/text_config/eos_token_id", {1, 2}},
                                   {"/text_config/model_type", "bert", ErrorCode::unsupported},
                                   {"/vision_config/image_size", 40},
                                   {"/vision_config/image_size", {32, 32}},
                                   {"/vision_config/patch_size", 64},
                                   {"/vision_config/num_channels", 4, ErrorCode::unsupported},
                                   {"/vision_config/layer_norm_eps", "small"},
                                   {"/vision_config/rotary", true, ErrorCode::unsupported},
                                   {"/a_new_idea", 1, ErrorCode::unsupported},
                               });
}

}  // namespace
}  // namespace ogam
