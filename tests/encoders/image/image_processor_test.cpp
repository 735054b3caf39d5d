#include "encoders/image/image_processor.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/base/files.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

ImageProcessorConfig parse(const std::string& json) {
  return ImageProcessorConfig::parse({parse_json(json, "test"), "test"});
}

/// The configuration of a CLIP processor with `rest` after its class.
ImageProcessorConfig clip(const std::string& rest) {
  return parse(R"({"image_processor_type": "CLIPImageProcessor", )" + rest + "}");
}

ErrorCode refusal(const std::string& rest) {
  try {
    clip(rest);
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << rest << " was accepted";
  return ErrorCode::internal;
}

Image plain(int width, int height, std::uint8_t level) {
  return {.width = width,
          .height = height,
          .pixels = std::vector<std::uint8_t>(static_cast<std::size_t>(width) * height * 3, level)};
}

TEST(ImageProcessorTest, MissingKeysTakeTheirClassesDefaults) {
  const auto clip = parse(R"({"image_processor_type": "CLIPImageProcessorFast"})");
  EXPECT_EQ(clip.size.shortest_edge, 224);
  EXPECT_TRUE(clip.do_center_crop);
  EXPECT_EQ(clip.crop_size, (Size{224, 224}));
  EXPECT_EQ(clip.pixels.resample, ResampleFilter::bicubic);
  EXPECT_EQ(clip.pixels.image_mean, kClipMean);
  const auto vit = parse(R"({"image_processor_type": "ViTImageProcessor", "size": 384})");
  EXPECT_EQ(vit.size.exact, (Size{384, 384}));
  EXPECT_FALSE(vit.do_center_crop);
  EXPECT_EQ(vit.pixels.resample, ResampleFilter::bilinear);
  EXPECT_EQ(vit.pixels.image_mean, kHalf);
}

TEST(ImageProcessorTest, SizesAreReadInEveryFormThatFilesHave) {
  EXPECT_EQ(clip(R"("size": 336)").size.shortest_edge, 336);
  EXPECT_EQ(clip(R"("size": [10, 20])").size.exact, (Size{.width = 20, .height = 10}));
  EXPECT_EQ(clip(R"("size": {"height": 10, "width": 20})").size.exact, (Size{20, 10}));
  EXPECT_EQ(clip(R"("size": {"shortest_edge": 256, "longest_edge": 512})").size.longest_edge, 512);
  EXPECT_EQ(clip(R"("crop_size": 7)").crop_size, (Size{7, 7}));
  EXPECT_EQ(clip(R"("crop_size": {"height": 1, "width": 2})").crop_size, (Size{2, 1}));
}

TEST(ImageProcessorTest, TheShorterEdgeGetsItsSizeAndTheLongerIsCutOff) {
  const ResizeRule rule{.shortest_edge = 224};
  EXPECT_EQ(rule({640, 480}), (Size{298, 224}));
  EXPECT_EQ(rule({480, 640}), (Size{224, 298}));
  EXPECT_EQ(rule({300, 300}), (Size{224, 224}));
  const ResizeRule bounded{.shortest_edge = 224, .longest_edge = 256};
  EXPECT_EQ(bounded({640, 480}), (Size{256, 192}));
  EXPECT_EQ(bounded({320, 300}), (Size{238, 224}));
}

TEST(ImageProcessorTest, RefusesWhatItDoesNotImplement) {
  EXPECT_EQ(refusal(R"("do_pad": true)"), ErrorCode::unsupported);
  EXPECT_EQ(refusal(R"("do_flip_channel_order": true)"), ErrorCode::unsupported);
  EXPECT_EQ(refusal(R"("use_square_size": true)"), ErrorCode::unsupported);
  EXPECT_EQ(refusal(R"("size": {"longest_edge": 5})"), ErrorCode::unsupported);
  EXPECT_EQ(refusal(R"("size": {"max_height": 5, "max_width": 5})"), ErrorCode::unsupported);
  EXPECT_EQ(refusal(R"("size": {"shortest_edge": 5, "width": 5})"), ErrorCode::unsupported);
  EXPECT_EQ(refusal(R"("size": "large")"), ErrorCode::unsupported);
  EXPECT_EQ(refusal(R"("crop_size": {"shortest_edge": 5})"), ErrorCode::unsupported);
  EXPECT_NO_THROW(clip(R"("do_pad": false, "do_convert_rgb": true, "unknown": 3)"));
  try {
    parse(R"({"image_processor_type": "ConvNextImageProcessor"})");
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    EXPECT_NE(std::string(error.what()).find("ConvNextImageProcessor"), std::string::npos);
  }
}

TEST(ImageProcessorTest, RefusesValuesThatMakeNoSense) {
  for (const char* rest : {R"("size": 0)",
                           R"("size": 4097)",
                           R"("size": -1)",
                           R"("size": 2.5)",
                           R"("size": [1])",
                           R"("size": {"height": 0, "width": 5})",
                           R"("size": {"height": 99999999999, "width": 5})",
                           R"("size": {"height": "5", "width": 5})",
                           R"("crop_size": [1, 2, 3])",
                           R"("crop_size": 5000)",
                           R"("resample": 6)",
                           R"("resample": -1)",
                           R"("resample": "x")",
                           R"("rescale_factor": 0)",
                           R"("rescale_factor": 1e300)",
                           R"("image_mean": [1, 2])",
                           R"("image_mean": [1, 2, "3"])",
                           R"("image_std": [1, 0, 1])",
                           R"("image_std": 0)",
                           R"("image_std": [1, 1, 1e300])",
                           R"("do_resize": 1)",
                           R"("do_center_crop": "yes")"}) {
    EXPECT_EQ(refusal(rest), ErrorCode::corrupt_data) << rest;
  }
  EXPECT_THROW(parse("{}"), Error);
  EXPECT_THROW(parse("[]"), Error);
  EXPECT_THROW(parse(R"({"image_processor_type": 5})"), Error);
  EXPECT_THROW(parse(R"({"image_processor_type": "SiglipImageProcessor", "do_center_crop": true})"),
               Error);
}

TEST(ImageProcessorTest, RescalesAndNormalises) {
  const ImageProcessor processor(
      clip(R"("size": 4, "crop_size": 4, "image_mean": [0, 0.5, 1], "image_std": [1, 0.5, 2])"));
  const std::vector images = {plain(9, 5, 255)};
  const auto values = processor(images);
  ASSERT_EQ(values.sizes(), at::IntArrayRef({1, 3, 4, 4}));
  EXPECT_TRUE(test::all_close(values.amax({2, 3}), at::tensor({1.0F, 1.0F, 0.0F}).unsqueeze(0),
                              {.atol = 1e-6, .rtol = 0}));
  EXPECT_TRUE(test::all_close(values.amin({2, 3}), values.amax({2, 3}), {.atol = 0, .rtol = 0}));
}

TEST(ImageProcessorTest, PutsASmallPictureOnBlack) {
  const ImageProcessor processor(
      clip(R"("do_resize": false, "crop_size": {"height": 2, "width": 5}, "do_normalize": false)"));
  const std::vector images = {plain(2, 4, 255)};
  const auto row = at::tensor({0.0F, 1.0F, 1.0F, 0.0F, 0.0F});
  EXPECT_TRUE(test::all_close(processor(images), row.expand({1, 3, 2, 5}), {.atol = 1e-6}));
}

TEST(ImageProcessorTest, RefusesPicturesThatDoNotFit) {
  const ImageProcessor processor(clip(R"("do_center_crop": false)"));
  EXPECT_THROW(processor({}), Error);
  EXPECT_THROW(processor(std::vector{Image{}}), Error);
  EXPECT_THROW(processor(std::vector{plain(10, 10, 0), plain(20, 10, 0)}), Error);
  try {
    processor(std::vector{plain(1, 16000, 0)});
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::resource_exhausted);
  }
}

TEST(ProcessorConfigTest, TheSectionGoesBeforeTheFile) {
  const test::TemporaryFolder folder;
  const auto write = [&](const char* name, const std::string& text) {
    write_file_atomically(folder.path() / name, text);
  };
  EXPECT_THROW(ProcessorConfig::read(folder.path(), ProcessorKind::image), Error);
  write("preprocessor_config.json", R"({"from": "file"})");
  write("processor_config.json", R"({"processor_class": "X"})");
  const auto from = [&](ProcessorKind kind) {
    return json_value<std::string>(ProcessorConfig::read(folder.path(), kind).json(), "from", "x");
  };
  EXPECT_EQ(from(ProcessorKind::image), "file");
  EXPECT_EQ(from(ProcessorKind::video), "file");
  write("video_preprocessor_config.json", R"({"from": "video file"})");
  EXPECT_EQ(from(ProcessorKind::video), "video file");
  write("processor_config.json",
        R"({"image_processor": {"from": "section"}, "audio_processor": {"from": "sound"}})");
  EXPECT_EQ(from(ProcessorKind::image), "section");
  EXPECT_EQ(from(ProcessorKind::audio), "sound");
  write("processor_config.json", R"({"image_processor": 5})");
  EXPECT_THROW(ProcessorConfig::read(folder.path(), ProcessorKind::image), Error);
  write("processor_config.json", R"([])");
  EXPECT_THROW(ProcessorConfig::read(folder.path(), ProcessorKind::image), Error);
}

}  // namespace
}  // namespace ogam
