#include "fusion/qwen3_vl.h"

#include <optional>

#include "encoders/registry.h"
#include "encoders/video/qwen3_vl.h"
#include "tests/fusion/fusion_checks.h"
#include "tests/support/changed_model.h"
#include "tests/support/golden_media.h"

namespace ogam {
namespace {

constexpr const char* kModel = "qwen3_vl_tiny";

class Qwen3VlFusionTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Checkpoint checkpoint(test::golden_folder(kModel));
    encoders_ = make_encoders(checkpoint);
    model_ = test::open_fusion(test::golden_folder(kModel));
  }
  static void TearDownTestSuite() {
    encoders_ = {};
    model_.reset();
  }
  static const Qwen3Vl& towers() { return dynamic_cast<const Qwen3Vl&>(*encoders_.video); }

  static TowerEmbeddings tower(const std::string& name, TowerTokens tokens, Time start) {
    for (Time& time : tokens.times) {
      time += start;
    }
    return {name, tokens.vectors, std::move(tokens.times), tokens.columns};
  }
  static TowerEmbeddings words(const std::string& text) {
    const auto tokens = towers().text_tokens(text);
    return {"text", tokens, std::vector<Time>(static_cast<std::size_t>(tokens.size(0)), kSecond)};
  }
  TowerEmbeddings picture() const {
    return tower("image", towers().image_tokens(test::image_of(golden_.tensor("picture"))),
                 kSecond);
  }
  VideoClip clip() const {
    VideoClip clip{.frames = test::images_of(golden_.tensor("frames")), .times = {}, .audio = {}};
    for (const auto& seconds : golden_.json().at("times")) {
      clip.times.push_back(from_seconds(seconds.get<double>()));
    }
    return clip;
  }
  FusionSegment segment(std::vector<TowerEmbeddings> towers) const {
    return {{kSecond, 4 * kSecond}, std::move(towers)};
  }
  FusionSegment mixed() const {
    return segment(
        {picture(), tower("video", towers().clip_tokens(clip()), kSecond), words("a red car")});
  }

  const test::Golden golden_ = test::Golden::open(kModel);
  static inline Encoders encoders_;
  static inline std::unique_ptr<FusionModel> model_;
};

TEST_F(Qwen3VlFusionTest, FusesWhatTheVisionTowerSeesToTheReferencesVectors) {
  constexpr test::Tolerance kGolden = {.atol = 1e-4, .rtol = 0};
  const auto image = test::fuse_one(*model_, segment({picture()})).vector;
  EXPECT_TRUE(test::all_close(image, golden_.tensor("picture.embedding"), kGolden));
  const auto given = clip();
  const auto video =
      test::fuse_one(*model_, segment({tower("video", towers().clip_tokens(given), kSecond)}))
          .vector;
  EXPECT_TRUE(test::all_close(video, golden_.tensor("clip.embedding"), kGolden));
  // And to those of the encoder, without the rounding of another implementation.
  EXPECT_TRUE(
      test::all_close(video, encoders_.video->encode(std::span(&given, 1)).at(0).vectors[0]));
}

TEST_F(Qwen3VlFusionTest, TextAloneIsTheEncodersTextVector) {
  const std::vector<std::string> texts = {"빨간 자동차가 길을 달린다", ""};
  const auto expected = encoders_.text->encode(texts, "").at(0).vectors;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_TRUE(test::all_close(test::fuse_one(*model_, segment({words(texts[i])})).vector,
                                expected[static_cast<std::int64_t>(i)]));
  }
}

TEST_F(Qwen3VlFusionTest, EveryTowerBearsOnTheVectorAndItsTokensAreNamedByTime) {
  const auto all = mixed();
  const auto fused = test::fuse_one(*model_, all);
  std::vector<Time> times;
  for (const TowerEmbeddings& tower : all.towers) {
    times.insert(times.end(), tower.times.begin(), tower.times.end());
  }
  EXPECT_EQ(fused.times, times);
  EXPECT_EQ(fused.tokens.size(1), 32);
  for (std::size_t i = 0; i < all.towers.size(); ++i) {
    auto without = all;
    without.towers.erase(without.towers.begin() + static_cast<std::ptrdiff_t>(i));
    EXPECT_LT(test::cosine(fused.vector, test::fuse_one(*model_, without).vector), 1 - 1e-6)
        << all.towers[i].tower;
  }
}

TEST_F(Qwen3VlFusionTest, LevelsLinesAndTimesOfWhatIsSeenMatter) {
  const auto all = segment({tower("video", towers().clip_tokens(clip()), kSecond)});
  const auto fused = test::fuse_one(*model_, all).vector;
  auto flat = all;  // without DeepStack
  flat.towers[0].vectors = flat.towers[0].vectors.clone();
  flat.towers[0].vectors.narrow(1, 32, 64).zero_();
  EXPECT_LT(test::cosine(fused, test::fuse_one(*model_, flat).vector), 1 - 1e-6);
  auto narrow = all;
  narrow.towers[0].columns = 1;
  EXPECT_LT(test::cosine(fused, test::fuse_one(*model_, narrow).vector), 1 - 1e-7);
  auto later = all;
  for (Time& time : later.towers[0].times) {
    time += kSecond;
  }
  EXPECT_LT(test::cosine(fused, test::fuse_one(*model_, later).vector), 1 - 1e-7);
}

TEST_F(Qwen3VlFusionTest, KeepsThePromisesOfEveryFusionModel) {
  test::expect_keeps_the_promises(*model_, {mixed(), segment({words("a")})});
}

TEST_F(Qwen3VlFusionTest, WhatCannotBeLaidOutIsRefused) {
  auto shapeless = segment({picture()});
  shapeless.towers[0].columns = 0;
  EXPECT_EQ(test::error_of(*model_, shapeless), ErrorCode::invalid_argument);
  shapeless.towers[0].columns = 1000;
  EXPECT_EQ(test::error_of(*model_, shapeless), ErrorCode::invalid_argument);
  auto early = mixed();
  early.span.start = 2 * kSecond;
  EXPECT_EQ(test::error_of(*model_, early), ErrorCode::invalid_argument);
  const auto vectors = at::zeros({9000, 32});
  EXPECT_EQ(test::error_of(*model_, segment({{"text", vectors, std::vector<Time>(9000)}})),
            ErrorCode::resource_exhausted);
}

TEST_F(Qwen3VlFusionTest, WeightsThatDoNotFitAreListed) {
  const test::ChangedModel model(kModel, "config.json",
                                 {{"text_config", {{"intermediate_size", 25}}}});
  EXPECT_THROW(test::open_fusion(model.path()), Error);
}

}  // namespace
}  // namespace ogam
