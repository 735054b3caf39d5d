#include "encoders/image/dinov2.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/encoders/image/image_text_models.h"

namespace ogam {
namespace {

constexpr test::Tolerance kClose = {.atol = 1e-5, .rtol = 1e-4};

class Dinov2Test : public ::testing::Test {
 protected:
  const Encoders encoders_ = test::tiny_encoders("dinov2");
  const Dinov2& image() const { return dynamic_cast<const Dinov2&>(*encoders_.image); }
};

TEST_F(Dinov2Test, PicturesMatchTheReference) {
  const auto golden = test::Golden::open("dinov2_tiny");
  EXPECT_TRUE(test::all_close(image().embed(golden.tensor("pixel_values")),
                              golden.tensor("image_embeds"), kClose));
}

TEST_F(Dinov2Test, APictureDoesNotDependOnItsBatch) {
  const auto pictures = test::patterned_pictures();
  test::expect_rows_of_single_items(image().encode(pictures)[0].vectors, [&](std::size_t i) {
    return image().encode(std::span(pictures).subspan(i, 1))[0].vectors;
  });
}

TEST_F(Dinov2Test, KnowsNoTexts) { EXPECT_EQ(encoders_.text, nullptr); }

TEST_F(Dinov2Test, NothingGivesNoRows) {
  EXPECT_EQ(image().encode({})[0].vectors.sizes(), at::IntArrayRef({0, 16}));
}

TEST_F(Dinov2Test, TakesPicturesThatAreNoSquares) {
  const auto vectors = image().embed(at::zeros({2, 3, 24, 64}));
  EXPECT_EQ(vectors.sizes(), at::IntArrayRef({2, 16}));
  EXPECT_TRUE(at::isfinite(vectors).all().item<bool>());
}

TEST_F(Dinov2Test, PicturesWithoutAWholePatchAreRefused) {
  EXPECT_THROW(image().embed(at::zeros({1, 3, 32, 7})), Error);
  EXPECT_THROW(image().embed(at::zeros({1, 4, 32, 32})), Error);
}

TEST(Dinov2ConfigTest, TakesTheDefaultsOfTheReference) {
  const Json plain = {{"model_type", "dinov2"}};
  const auto config = Dinov2::Config::parse({plain, "config.json"});
  EXPECT_EQ(config.layers.hidden_size, 768);
  EXPECT_EQ(config.layers.intermediate_size, 3072);
  EXPECT_EQ(config.patches.grid(), 16);
  EXPECT_EQ(config.num_register_tokens, 0);
  const Json with_registers = {{"model_type", "dinov2_with_registers"}};
  const auto other = Dinov2::Config::parse({with_registers, "config.json"});
  EXPECT_EQ(other.patches.patch_size, 16);
  EXPECT_EQ(other.num_register_tokens, 4);
}

TEST(Dinov2ConfigTest, WhatIsAbsurdOrNotImplementedIsRefused) {
  test::expect_refused("dinov2", {
                                     {"/hidden_size", 17},
                                     {"/mlp_ratio", 3},
                                     {"/mlp_ratio", 1'000'000'000'000},
                                     {"/mlp_ratio", 2.5},
                                     {"/image_size", 56},
                                     {"/num_attention_heads", 5},
                                     {"/use_swiglu_ffn", true},
                                     {"/use_swiglu_ffn", "yes"},
                                     {"/qkv_bias", false, ErrorCode::unsupported},
                                     {"/hidden_act", "mish", ErrorCode::unsupported},
                                     {"/intermediate_size", 48, ErrorCode::unsupported},
                                     {"/a_new_idea", 1, ErrorCode::unsupported},
                                 });
}

}  // namespace
}  // namespace ogam
