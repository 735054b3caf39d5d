#include "pipelines/vision_language_model.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/time.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

const std::string kPicture = "<|vision_start|><|image_pad|><|vision_end|>";
const std::string kVideo = "<|vision_start|><|video_pad|><|vision_end|>";

/// A picture of stripes whose look depends on `seed`.
Image stripes(int width, int height, int seed) {
  Image image = {.width = width, .height = height, .pixels = {}};
  for (int i = 0; i < width * height * 3; ++i) {
    image.pixels.push_back(static_cast<std::uint8_t>(i * (seed + 3) % 251));
  }
  return image;
}

class VisionLanguageModelTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Checkpoint checkpoint(test::source_folder() / "tests" / "golden" / "qwen3_vl_tiny");
    model_ = std::make_unique<VisionLanguageModel>(checkpoint);
  }
  static void TearDownTestSuite() { model_.reset(); }

  static EmbeddedPrompt ask(const std::string& text, const Image& image) {
    return model_->read({.text = text, .pictures = {&image, 1}});
  }
  static TextGenerator generator() {
    return {model_->decoder().language_model(), model_->decoder().tokenizer()};
  }
  static VideoClip clip() {
    return {.frames = {stripes(40, 30, 1), stripes(40, 30, 2), stripes(40, 30, 3)},
            .times = {0, from_seconds(1), from_seconds(3)},
            .audio = {}};
  }

  static inline std::unique_ptr<VisionLanguageModel> model_;
  const Image image_ = stripes(64, 48, 5);
};

TEST_F(VisionLanguageModelTest, ASecondQuestionOnAPictureReadsThePictureOnce) {
  auto kept = generator();
  const auto first = ask(kPicture + "what is it?", image_);
  const auto second = ask(kPicture + "where was it seen?", image_);
  kept.generate(first, {.max_tokens = 5});
  const auto reused = kept.generate(second, {.max_tokens = 8});
  const auto fresh = generator().generate(second, {.max_tokens = 8});
  EXPECT_EQ(reused.tokens, fresh.tokens);
  const auto shown = model_->tower().pictures({&image_, 1})[0].vectors.size(0);
  EXPECT_GE(reused.reused_tokens, shown + 2);
  EXPECT_EQ(fresh.reused_tokens, 0);
}

TEST_F(VisionLanguageModelTest, AnotherPictureOfTheSameSizeIsReadAnew) {
  auto kept = generator();
  kept.generate(ask("see " + kPicture + "what is it?", image_), {.max_tokens = 5});
  const auto other = ask("see " + kPicture + "what is it?", stripes(64, 48, 9));
  const auto made = kept.generate(other, {.max_tokens = 8});
  EXPECT_EQ(made.tokens, generator().generate(other, {.max_tokens = 8}).tokens);
  const auto before = model_->decoder().tokenizer().encode("see <|vision_start|>");
  EXPECT_EQ(made.reused_tokens, std::ssize(before));
}

TEST_F(VisionLanguageModelTest, ATextAfterAPictureIsReadFromItsOwnPositions) {
  auto kept = generator();
  kept.generate(ask(kPicture + "what is it?", image_), {.max_tokens = 5});
  const auto words = model_->decoder().tokenizer().encode("the dog sleeps");
  EXPECT_EQ(kept.generate(words, {.max_tokens = 8}).tokens,
            generator().generate(words, {.max_tokens = 8}).tokens);
}

TEST_F(VisionLanguageModelTest, TokensThatWereKeptGiveWhatTheMediaGive) {
  const auto film = clip();
  const auto text = kVideo + " and " + kPicture + "what is it?";
  const auto pictures = model_->tower().pictures({&image_, 1});
  const auto clips = std::vector{model_->tower().clip(film)};
  const auto from_tokens = model_->decoder().read(text, {.pictures = pictures, .clips = clips});
  const auto from_media =
      model_->read({.text = text, .pictures = {&image_, 1}, .clips = {&film, 1}});
  EXPECT_EQ(from_tokens.ids, from_media.ids);
  EXPECT_EQ(from_tokens.keys, from_media.keys);
  EXPECT_TRUE(from_tokens.tokens.embeddings.equal(from_media.tokens.embeddings));
  EXPECT_TRUE(from_tokens.tokens.positions.equal(from_media.tokens.positions));
}

TEST_F(VisionLanguageModelTest, EachMomentOfAVideoStandsAfterItsTime) {
  const auto film = clip();
  const auto prompt = model_->read({.text = kVideo + "when?", .clips = {&film, 1}});
  const auto text = model_->decoder().tokenizer().decode(prompt.ids);
  // Of the two moments of three frames, the last of which is seen twice.
  EXPECT_NE(text.find("<0.5 seconds>"), std::string::npos) << text;
  EXPECT_NE(text.find("<3.0 seconds>"), std::string::npos) << text;
  EXPECT_EQ(text.find("seconds", text.find("<3.0 seconds>") + 8), std::string::npos) << text;
}

TEST_F(VisionLanguageModelTest, PlacesAndMediaMustFit) {
  const auto film = clip();
  const auto refused = [&](const VisionLanguageModel::Question& question) {
    try {
      model_->read(question);
      return false;
    } catch (const Error& error) {
      return error.code() == ErrorCode::invalid_argument;
    }
  };
  EXPECT_TRUE(refused({.text = "no place", .pictures = {&image_, 1}}));
  EXPECT_TRUE(refused({.text = kPicture + kPicture, .pictures = {&image_, 1}}));
  EXPECT_TRUE(refused({.text = kVideo, .pictures = {&image_, 1}}));
  EXPECT_TRUE(refused({.text = kPicture, .clips = {&film, 1}}));
  EXPECT_TRUE(refused({.text = ""}));
  const Image empty;
  EXPECT_TRUE(refused({.text = kPicture, .pictures = {&empty, 1}}));
  const VideoClip nothing;
  EXPECT_TRUE(refused({.text = kVideo, .clips = {&nothing, 1}}));
}

TEST_F(VisionLanguageModelTest, TokensOfAnotherTowerAreRefused) {
  auto seen = model_->tower().pictures({&image_, 1});
  seen[0].vectors = seen[0].vectors.slice(1, 0, 8);
  EXPECT_THROW(model_->decoder().read(kPicture, {.pictures = seen}), Error);
  auto no_grid = model_->tower().pictures({&image_, 1});
  no_grid[0].rows = 0;
  EXPECT_THROW(model_->decoder().read(kPicture, {.pictures = no_grid}), Error);
}

}  // namespace
}  // namespace ogam
