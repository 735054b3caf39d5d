#include "encoders/image/siglip2.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "encoders/image/siglip_text.h"
#include "tests/encoders/image/image_text_models.h"

namespace ogam {
namespace {

constexpr test::Tolerance kClose = {.atol = 1e-5, .rtol = 1e-4};

class Siglip2Test : public ::testing::Test {
 protected:
  NaflexProcessor::Batch patches() const {
    return {.pixel_values = golden_.tensor("pixel_values"),
            .pixel_attention_mask = golden_.tensor("pixel_attention_mask"),
            .spatial_shapes = golden_.tensor("spatial_shapes")};
  }
  const Encoders encoders_ = test::tiny_encoders("siglip2");
  const Siglip2Image& image() const { return dynamic_cast<const Siglip2Image&>(*encoders_.image); }
  const SiglipText& text() const { return dynamic_cast<const SiglipText&>(*encoders_.text); }
  const test::Golden golden_ = test::Golden::open("siglip2_tiny");
};

TEST_F(Siglip2Test, PicturesMatchTheReference) {
  EXPECT_TRUE(test::all_close(image().embed(patches()), golden_.tensor("image_embeds"), kClose));
}

TEST_F(Siglip2Test, TokensMatchTheReference) {
  EXPECT_TRUE(
      test::all_close(text().embed(golden_.tensor("ids")), golden_.tensor("text_embeds"), kClose));
}

TEST_F(Siglip2Test, TextsMatchTheReference) {
  const auto vectors = text().encode(test::golden_texts("siglip2"), "")[0].vectors;
  EXPECT_TRUE(test::all_close(vectors, golden_.tensor("text_vectors"), kClose));
}

TEST_F(Siglip2Test, APictureDoesNotDependOnItsBatch) {
  const auto pictures = test::patterned_pictures();
  test::expect_rows_of_single_items(image().encode(pictures)[0].vectors, [&](std::size_t i) {
    return image().encode(std::span(pictures).subspan(i, 1))[0].vectors;
  });
}

TEST_F(Siglip2Test, WhatFillsABatchUpDoesNotMatter) {
  auto filled = patches();
  const auto padding = filled.pixel_attention_mask.unsqueeze(-1).logical_not();
  filled.pixel_values = filled.pixel_values.masked_fill(padding, 100);
  EXPECT_TRUE(test::all_close(image().embed(filled), golden_.tensor("image_embeds"), kClose));
}

TEST_F(Siglip2Test, NothingGivesNoRows) {
  EXPECT_EQ(image().encode({})[0].vectors.sizes(), at::IntArrayRef({0, 16}));
}

TEST_F(Siglip2Test, ShapesThatContradictTheMaskAreRefused) {
  auto wrong = patches();
  wrong.spatial_shapes = wrong.spatial_shapes + 1;
  EXPECT_THROW(image().embed(wrong), Error);
}

TEST(Siglip2ConfigTest, WhatIsAbsurdOrNotImplementedIsRefused) {
  test::expect_refused("siglip2",
                       {
                           {"/vision_config/num_patches", 24},
                           {"/vision_config/num_patches", 36},
                           {"/vision_config/num_patches", 1'000'000'000'000},
                           {"/vision_config/patch_size", 16},
                           {"/vision_config/patch_size", {8, 8}},
                           {"/vision_config/num_attention_heads", 3},
                           {"/vision_config/num_channels", 1, ErrorCode::unsupported},
                           {"/vision_config/vision_use_head", false, ErrorCode::unsupported},
                           {"/text_config/model_type", "siglip_text_model", ErrorCode::unsupported},
                           {"/text_config/projection_size", 24},
                       });
}

}  // namespace
}  // namespace ogam
