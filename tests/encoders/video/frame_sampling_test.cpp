#include "encoders/video/frame_sampling.h"

#include <gtest/gtest.h>

#include <string>

namespace ogam {
namespace {

using Indices = std::vector<std::int64_t>;

FrameSampling parse(const std::string& name, const std::string& rest = "") {
  const std::string text = R"({"video_processor_type": ")" + name + "\"" + rest + "}";
  return FrameSampling::parse({parse_json(text, "test"), "test"});
}

TEST(FrameSamplingTest, EmbeddingGemmaTakesAFrameASecond) {
  const auto sampling = parse("EmbeddingGemma2VideoProcessor");
  EXPECT_EQ(sample_frames(sampling, {.frames = 100, .fps = 25, .duration = 4.0}),
            (Indices{0, 25, 50, 75}));
  EXPECT_EQ(sample_frames(sampling, {.frames = 10, .fps = 25, .duration = 0.4}), (Indices{0}));
  // The duration says more than there is.
  EXPECT_EQ(sample_frames(sampling, {.frames = 30, .fps = 25, .duration = 3.0}),
            (Indices{0, 25, 29}));
}

TEST(FrameSamplingTest, EmbeddingGemmaThinsOutLongVideosOrCutsThem) {
  const VideoTiming video{.frames = 2500, .fps = 25, .duration = 100.0};
  const auto uniform =
      sample_frames(parse("EmbeddingGemma2VideoProcessor", R"(, "max_frames": 4)"), video);
  EXPECT_EQ(uniform, (Indices{0, 825, 1650, 2475}));
  const auto cut = sample_frames(parse("EmbeddingGemma2VideoProcessor",
                                       R"(, "max_frames": 4, "overflow_strategy": "truncate")"),
                                 video);
  EXPECT_EQ(cut, (Indices{0, 25, 50, 75}));
  EXPECT_EQ(sample_frames(parse("EmbeddingGemma2VideoProcessor"), video).size(), 32U);
}

TEST(FrameSamplingTest, QwenSpreadsFramesFromTheFirstToTheLast) {
  const auto sampling = parse("Qwen3VLVideoProcessor");
  EXPECT_EQ(sample_frames(sampling, {.frames = 50, .fps = 25, .duration = 2}),
            (Indices{0, 16, 33, 49}));
  EXPECT_EQ(sample_frames(sampling, {.frames = 3, .fps = 25, .duration = 0.12}),
            (Indices{0, 1, 2}));
  EXPECT_EQ(sample_frames(sampling, {.frames = 100'000, .fps = 25, .duration = 4000}).size(), 768U);
}

TEST(FrameSamplingTest, PeVideoTakesSixteenFramesOrAll) {
  const auto sixteen = sample_frames(parse("PeVideoVideoProcessor", R"(, "num_frames": 16)"),
                                     {.frames = 100, .fps = 25, .duration = 4});
  EXPECT_EQ(sixteen, (Indices{0, 6, 13, 19, 26, 33, 39, 46, 52, 59, 66, 72, 79, 85, 92, 99}));
  EXPECT_EQ(sample_frames(parse("PeVideoVideoProcessor"), {.frames = 3, .fps = 0, .duration = 0}),
            (Indices{0, 1, 2}));
}

TEST(FrameSamplingTest, GemmaTakesTheBeginningsOfEqualParts) {
  const auto sampling = parse("Gemma4VideoProcessor", R"(, "num_frames": 4)");
  EXPECT_EQ(sample_frames(sampling, {.frames = 10, .fps = 25, .duration = 0.4}),
            (Indices{0, 2, 5, 7}));
  EXPECT_THROW(sample_frames(sampling, {.frames = 3, .fps = 25, .duration = 0.12}), Error);
}

TEST(FrameSamplingTest, RefusesSettingsThatMakeNoSense) {
  EXPECT_THROW(parse("SomeVideoProcessor"), Error);
  EXPECT_THROW(parse("EmbeddingGemma2VideoProcessor", R"(, "num_frames": 3)"), Error);
  EXPECT_THROW(parse("EmbeddingGemma2VideoProcessor", R"(, "fps": 0)"), Error);
  EXPECT_THROW(parse("EmbeddingGemma2VideoProcessor", R"(, "fps": -2)"), Error);
  EXPECT_THROW(parse("EmbeddingGemma2VideoProcessor", R"(, "max_frames": 0)"), Error);
  EXPECT_THROW(parse("EmbeddingGemma2VideoProcessor", R"(, "overflow_strategy": "x")"), Error);
  EXPECT_THROW(parse("Qwen3VLVideoProcessor", R"(, "num_frames": 8)"), Error);
  EXPECT_THROW(parse("Qwen3VLVideoProcessor", R"(, "max_frames": 99999999999)"), Error);
}

TEST(FrameSamplingTest, RefusesVideosWithoutFramesOrTimes) {
  const auto sampling = parse("EmbeddingGemma2VideoProcessor");
  EXPECT_THROW(sample_frames(sampling, {}), Error);
  EXPECT_THROW(sample_frames(sampling, {.frames = 10, .fps = 0, .duration = 1}), Error);
  EXPECT_THROW(sample_frames(sampling, {.frames = 10, .fps = 1e-9, .duration = 1}), Error);
  EXPECT_THROW(sample_frames(sampling, {.frames = 10, .fps = 25, .duration = -1}), Error);
  EXPECT_THROW(sample_frames(sampling, {.frames = 10, .fps = 25, .duration = 1e300}), Error);
  EXPECT_THROW(
      sample_frames(parse("PeVideoVideoProcessor"), {.frames = 1 << 30, .fps = 1, .duration = 1}),
      Error);
}

}  // namespace
}  // namespace ogam
