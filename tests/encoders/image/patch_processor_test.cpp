#include "encoders/image/patch_processor.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support/golden.h"

namespace ogam {
namespace {

ProcessorConfig config(const std::string& name, const std::string& rest = "") {
  return {parse_json(R"({"image_processor_type": ")" + name + "\"" + rest + "}", "test"), "test"};
}

Image plain(int width, int height, std::uint8_t level) {
  return {.width = width,
          .height = height,
          .pixels = std::vector<std::uint8_t>(static_cast<std::size_t>(width) * height * 3, level)};
}

/// The picture whose sample at (x, y, channel) is 100 channel + 10 y + x.
Image numbered(int width, int height) {
  Image image = plain(width, height, 0);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    const int pixel = static_cast<int>(i / 3);
    image.pixels[i] =
        static_cast<std::uint8_t>(100 * (i % 3) + 10 * (pixel / width) + pixel % width);
  }
  return image;
}

const PixelValues kSamples({.do_rescale = false, .do_normalize = false});

std::vector<float> pack(std::span<const Image> frames, const PatchLayout& layout) {
  const Size size = {frames.front().width, frames.front().height};
  const auto grid = patch_grid(size, static_cast<std::int64_t>(frames.size()), layout);
  std::vector<float> values(static_cast<std::size_t>(grid.count() * layout.values()));
  pack_patches(frames, layout, kSamples, values.data());
  return values;
}

TEST(PatchPackerTest, ListsRowsColumnsChannels) {
  const std::vector images = {numbered(4, 2)};
  EXPECT_EQ(pack(images, {.patch_size = 2}),
            (std::vector<float>{0, 100, 200, 1, 101, 201, 10, 110, 210, 11, 111, 211,  //
                                2, 102, 202, 3, 103, 203, 12, 112, 212, 13, 113, 213}));
}

TEST(PatchPackerTest, ListsChannelsTimesRowsColumnsAndRepeatsTheLastFrame) {
  const std::vector images = {numbered(2, 2)};
  EXPECT_EQ(pack(images, {.patch_size = 2,
                          .temporal_patch_size = 2,
                          .order = PatchOrder::channel_time_row_column}),
            (std::vector<float>{0,   1,   10,  11,  0,   1,   10,  11,   //
                                100, 101, 110, 111, 100, 101, 110, 111,  //
                                200, 201, 210, 211, 200, 201, 210, 211}));
}

TEST(PatchPackerTest, ListsPatchesBlockByBlock) {
  const std::vector images = {numbered(4, 4), numbered(4, 4)};
  const PatchLayout layout{.patch_size = 1, .merge_size = 2};
  const auto values = pack(images, layout);
  std::vector<float> red;
  for (std::size_t i = 0; i < values.size(); i += 3) {
    red.push_back(values[i]);
  }
  const std::vector<float> one = {0, 1, 10, 11, 2, 3, 12, 13, 20, 21, 30, 31, 22, 23, 32, 33};
  std::vector<float> both = one;
  both.insert(both.end(), one.begin(), one.end());
  EXPECT_EQ(red, both);
}

TEST(PatchPackerTest, RefusesFramesThatDoNotFit) {
  EXPECT_THROW(pack(std::vector{plain(3, 4, 0)}, {.patch_size = 2}), Error);
  EXPECT_THROW(pack(std::vector{plain(4, 4, 0), plain(4, 2, 0)}, {.patch_size = 2}), Error);
  EXPECT_THROW(pack(std::vector{plain(6, 4, 0)}, {.patch_size = 2, .merge_size = 2}), Error);
}

TEST(PatchSizesTest, Gemma4KeepsTheShapeWithinItsBudget) {
  const auto size = [](int height, int width, int tokens) {
    return gemma4_size({.width = width, .height = height}, {.max_soft_tokens = tokens});
  };
  const auto tokens = [](Size of) { return of.width / 48 * (of.height / 48); };
  EXPECT_EQ(size(512, 512, 280), (Size{768, 768}));
  EXPECT_EQ(tokens(size(512, 512, 280)), 256);
  EXPECT_EQ(size(512, 512, 140), (Size{528, 528}));
  EXPECT_EQ(tokens(size(512, 512, 140)), 121);
  EXPECT_EQ(size(1080, 1920, 280), (Size{.width = 1056, .height = 576}));
  EXPECT_EQ(tokens(size(1080, 1920, 280)), 264);
  EXPECT_EQ(size(1080, 1920, 140), (Size{.width = 720, .height = 384}));
  EXPECT_EQ(tokens(size(1080, 1920, 140)), 120);
  EXPECT_EQ(size(480, 640, 280), (Size{.width = 912, .height = 672}));
  EXPECT_EQ(tokens(size(480, 640, 280)), 266);
  EXPECT_EQ(size(480, 640, 140), (Size{.width = 624, .height = 480}));
  EXPECT_EQ(tokens(size(480, 640, 140)), 130);
  EXPECT_EQ(size(100, 1000, 280), (Size{.width = 2496, .height = 240}));
  EXPECT_EQ(tokens(size(100, 1000, 280)), 260);
  EXPECT_EQ(size(100, 1000, 140), (Size{.width = 1776, .height = 144}));
  EXPECT_EQ(tokens(size(100, 1000, 140)), 111);
}

TEST(PatchSizesTest, Gemma4GivesANarrowPictureOneRowOfTokens) {
  EXPECT_EQ(gemma4_size({.width = 16'000, .height = 10}, {}),
            (Size{.width = 280 * 48, .height = 48}));
  EXPECT_EQ(gemma4_size({.width = 2, .height = 900}, {}), (Size{.width = 48, .height = 280 * 48}));
}

TEST(PatchSizesTest, NaflexFillsItsBudget) {
  EXPECT_EQ(naflex_size({512, 512}, {}), (Size{256, 256}));
  EXPECT_EQ(naflex_size({.width = 640, .height = 480}, {}), (Size{.width = 288, .height = 224}));
  EXPECT_EQ(naflex_size({1, 1}, {}), (Size{112, 112}));  // grows a hundred times at most
  EXPECT_EQ(naflex_size({.width = 16'000, .height = 1}, {}), (Size{.width = 4096, .height = 16}));
  EXPECT_EQ(naflex_size({300, 200}, {.patch_size = 16, .max_num_patches = 1}), (Size{16, 16}));
}

TEST(PatchSizesTest, QwenStaysWithinItsBounds) {
  const QwenBudget budget{.factor = 32, .min_pixels = 4096, .max_pixels = 1'843'200};
  EXPECT_EQ(qwen_image_size({640, 480}, budget), (Size{640, 480}));
  EXPECT_EQ(qwen_image_size({641, 470}, budget), (Size{640, 480}));
  EXPECT_EQ(qwen_image_size({.width = 80, .height = 48}, budget),
            (Size{.width = 64, .height = 64}));  // halves go to the even multiple
  EXPECT_EQ(qwen_image_size({4000, 3000}, budget), (Size{.width = 1536, .height = 1152}));
  EXPECT_EQ(qwen_image_size({10, 10}, budget), (Size{64, 64}));
  EXPECT_THROW(qwen_image_size({2001, 10}, budget), Error);
  const QwenVideoBudget video{{.factor = 32, .min_pixels = 4096, .max_pixels = 1 << 20}, 2};
  EXPECT_EQ(qwen_video_size({640, 480}, 2, video), (Size{640, 480}));
  // Three frames count as four where they are compared with the budget, and as three after that.
  EXPECT_EQ(qwen_video_size({640, 480}, 3, video), (Size{.width = 672, .height = 512}));
  EXPECT_EQ(qwen_video_size({640, 480}, 16, video), (Size{.width = 288, .height = 192}));
  EXPECT_EQ(qwen_video_size({16, 8}, 2, video), (Size{.width = 64, .height = 32}));
  EXPECT_THROW(qwen_video_size({640, 480}, 1, video), Error);
}

TEST(PatchSizesTest, RefuseEmptyPictures) {
  EXPECT_THROW(naflex_size({0, 5}, {}), Error);
  EXPECT_THROW(gemma4_size({5, 0}, {}), Error);
  EXPECT_THROW(qwen_image_size({0, 0}, {}), Error);
  EXPECT_THROW(qwen_video_size({-1, 5}, 2, {}), Error);
}

TEST(PatchProcessorTest, NaflexPadsToItsBudget) {
  const NaflexProcessor processor(NaflexProcessor::Config::parse(
      config("Siglip2ImageProcessor", R"(, "max_num_patches": 10, "patch_size": 4)")));
  const auto batch = processor(std::vector{plain(30, 20, 255), plain(8, 8, 0)});
  ASSERT_EQ(batch.pixel_values.sizes(), at::IntArrayRef({2, 10, 48}));
  EXPECT_TRUE(at::equal(batch.spatial_shapes, at::tensor({2, 3, 3, 3}, at::kLong).reshape({2, 2})));
  EXPECT_TRUE(at::equal(batch.pixel_attention_mask.sum(1), at::tensor({6, 9}, at::kLong)));
  EXPECT_TRUE(at::equal(batch.pixel_values[0].narrow(0, 0, 6), at::ones({6, 48})));
  EXPECT_TRUE(at::equal(batch.pixel_values[0].narrow(0, 6, 4), at::zeros({4, 48})));
}

TEST(PatchProcessorTest, GemmaCountsTokensAndPlaces) {
  const Gemma4Processor processor(
      Gemma4Processor::Config::parse(config("Gemma4ImageProcessor", R"(, "max_soft_tokens": 70)")));
  const auto batch = processor(std::vector{plain(100, 100, 255)});
  EXPECT_EQ(batch.num_soft_tokens, (std::vector<std::int64_t>{64}));
  ASSERT_EQ(batch.position_ids.sizes(), at::IntArrayRef({1, 630, 2}));
  EXPECT_TRUE(at::equal(batch.position_ids[0][1], at::tensor({1, 0}, at::kLong)));
  EXPECT_TRUE(at::equal(batch.position_ids[0][575], at::tensor({23, 23}, at::kLong)));
  EXPECT_TRUE(at::equal(batch.position_ids[0][576], at::tensor({-1, -1}, at::kLong)));
  EXPECT_EQ(batch.pixel_values[0].narrow(0, 0, 576).min().item<float>(), 1.0F);
  EXPECT_EQ(batch.pixel_values[0].narrow(0, 576, 54).abs().max().item<float>(), 0.0F);
}

TEST(PatchProcessorTest, QwenListsPicturesAfterEachOther) {
  const QwenProcessor processor(QwenProcessor::Config::parse(config("Qwen2VLImageProcessorFast")));
  const auto patches = processor.images(std::vector{plain(56, 56, 0), plain(112, 56, 9)});
  EXPECT_EQ(patches.pixel_values.sizes(), at::IntArrayRef({16 + 32, 1176}));
  EXPECT_TRUE(
      at::equal(patches.grid_thw, at::tensor({1, 4, 4, 1, 4, 8}, at::kLong).reshape({2, 3})));
}

TEST(PatchProcessorTest, RefusesWhatItDoesNotImplement) {
  const auto naflex = [](const std::string& rest) {
    NaflexProcessor::Config::parse(config("Siglip2ImageProcessor", rest));
  };
  const auto gemma = [](const std::string& rest) {
    Gemma4Processor::Config::parse(config("Gemma4ImageProcessor", rest));
  };
  const auto qwen = [](const std::string& rest) {
    QwenProcessor::Config::parse(config("Qwen2VLImageProcessor", rest));
  };
  EXPECT_THROW(NaflexProcessor::Config::parse(config("SiglipImageProcessor")), Error);
  EXPECT_THROW(Gemma4Processor::Config::parse(config("Gemma3ImageProcessor")), Error);
  EXPECT_THROW(QwenProcessor::Config::parse(config("Qwen4VLVideoProcessor")), Error);
  for (const char* rest : {R"(, "do_pad": true)", R"(, "do_resize": false)", R"(, "patch_size": 0)",
                           R"(, "patch_size": 257)"}) {
    EXPECT_THROW(naflex(rest), Error) << rest;
    EXPECT_THROW(gemma(rest), Error) << rest;
    EXPECT_THROW(qwen(rest), Error) << rest;
  }
  EXPECT_THROW(naflex(R"(, "max_num_patches": 1000000, "patch_size": 16)"), Error);
  EXPECT_THROW(gemma(R"(, "max_soft_tokens": 100)"), Error);
  EXPECT_THROW(gemma(R"(, "pooling_kernel_size": 16, "patch_size": 256)"), Error);
  EXPECT_THROW(gemma(R"(, "resample": 0)"), Error);
  EXPECT_THROW(qwen(R"(, "size": {"height": 5, "width": 5})"), Error);
  EXPECT_THROW(qwen(R"(, "size": {"shortest_edge": 5})"), Error);
  EXPECT_THROW(qwen(R"(, "size": {"shortest_edge": 5, "longest_edge": 1000000000})"), Error);
  EXPECT_THROW(qwen(R"(, "size": 5)"), Error);
  EXPECT_THROW(qwen(R"(, "max_pixels": 0)"), Error);
  EXPECT_THROW(qwen(R"(, "temporal_patch_size": 5)"), Error);
  EXPECT_NO_THROW(qwen(R"(, "min_pixels": 3136, "max_pixels": 12845056)"));
  EXPECT_NO_THROW(qwen(R"(, "size": {"shortest_edge": 65536, "longest_edge": 16777216})"));
}

TEST(PatchProcessorTest, RefusesNoPicturesAndVideosOfDifferentFrames) {
  const NaflexProcessor naflex({{}, {}});
  EXPECT_THROW(naflex({}), Error);
  const Gemma4Processor gemma({{}, {}});
  EXPECT_THROW(gemma({}), Error);
  const QwenProcessor qwen(QwenProcessor::Config::parse(config("Qwen3VLVideoProcessor")));
  EXPECT_THROW(qwen.images({}), Error);
  EXPECT_THROW(qwen.video({}), Error);
  EXPECT_THROW(qwen.video(std::vector{plain(64, 64, 0)}), Error);
  EXPECT_THROW(qwen.video(std::vector{plain(64, 64, 0), plain(64, 32, 0)}), Error);
}

}  // namespace
}  // namespace ogam
