#include "fusion/embedding_gemma2.h"

#include <algorithm>
#include <optional>

#include "encoders/registry.h"
#include "encoders/video/embedding_gemma2.h"
#include "tests/fusion/fusion_checks.h"
#include "tests/support/changed_model.h"
#include "tests/support/golden_media.h"

namespace ogam {
namespace {

constexpr const char* kModel = "embedding_gemma2_tiny";

/// The encoders of a folder and its fusion model.
struct Both {
  explicit Both(const std::filesystem::path& folder) : fusion(test::open_fusion(folder)) {
    Checkpoint checkpoint(folder);
    encoders = make_encoders(checkpoint);
  }
  const EmbeddingGemma2& towers() const {
    return dynamic_cast<const EmbeddingGemma2&>(*encoders.image);
  }

  Encoders encoders;
  std::unique_ptr<FusionModel> fusion;
};

TowerEmbeddings at_once(const std::string& name, const at::Tensor& tokens, Time time) {
  return {name, tokens, std::vector<Time>(static_cast<std::size_t>(tokens.size(0)), time)};
}

/// The soft tokens of frames at their times, in a segment that begins at `start`.
TowerEmbeddings frames_of(const Both& both, const VideoClip& clip, Time start) {
  const auto tokens = both.towers().frame_tokens(clip.frames);  // [F, T, D]
  TowerEmbeddings video{"video", tokens.flatten(0, 1), {}};
  for (const Time time : clip.times) {
    video.times.insert(video.times.end(), static_cast<std::size_t>(tokens.size(1)), start + time);
  }
  return video;
}

/// The soft tokens of a sound, evenly spread.
TowerEmbeddings sound_of(const Both& both, const std::vector<float>& samples, Time start) {
  TowerEmbeddings sound{"audio", both.towers().audio_tokens(samples), {}};
  for (std::int64_t i = 0; i < sound.vectors.size(0); ++i) {
    sound.times.push_back(start + i * kSecond / both.towers().audio_tokens_per_second());
  }
  return sound;
}

class EmbeddingGemma2FusionTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { both_.emplace(test::golden_folder(kModel)); }
  static void TearDownTestSuite() { both_.reset(); }

  std::vector<float> samples(const char* name) const {
    return test::samples_of(golden_.tensor(name).to(at::kFloat).div(32768));
  }
  VideoClip clip() const {
    return {.frames = test::images_of(golden_.tensor("video.frames")),
            .times = {0, kSecond / 2},
            .audio = {}};
  }
  FusionSegment picture(Time time) const {
    return {
        {time, time},
        {at_once("image", both_->towers().image_tokens(test::image_of(golden_.tensor("image.0"))),
                 time)}};
  }
  /// Everything at once.
  FusionSegment mixed() const {
    auto segment = picture(kSecond);
    segment.span = {kSecond, 4 * kSecond};
    segment.towers.push_back(frames_of(*both_, clip(), kSecond));
    segment.towers.push_back(sound_of(*both_, samples("audio.0"), kSecond));
    segment.towers.push_back(at_once("text", both_->towers().text_tokens(" a red car"), kSecond));
    return segment;
  }

  const test::Golden golden_ = test::Golden::open(kModel);
  static inline std::optional<Both> both_;
};

TEST_F(EmbeddingGemma2FusionTest, FusesPicturesSoundsAndVideosToTheReferencesVectors) {
  constexpr test::Tolerance kGolden = {.atol = 2e-5, .rtol = 1e-4};
  const auto image = test::fuse_one(*both_->fusion, picture(0)).vector;
  EXPECT_TRUE(test::all_close(image, golden_.tensor("image.vectors")[0], kGolden));
  const auto heard = samples("audio.1");
  const auto sound =
      test::fuse_one(*both_->fusion, {{0, 2 * kSecond}, {sound_of(*both_, heard, 0)}}).vector;
  EXPECT_TRUE(test::all_close(sound, golden_.tensor("audio.vectors")[1], kGolden));
  const auto video =
      test::fuse_one(*both_->fusion, {{kSecond, 2 * kSecond}, {frames_of(*both_, clip(), kSecond)}})
          .vector;
  EXPECT_TRUE(test::all_close(video, golden_.tensor("video.vectors")[0], kGolden));
  // And to those of the encoder, without the rounding of another implementation.
  const std::vector<VideoClip> clips = {clip()};
  EXPECT_TRUE(test::all_close(video, both_->encoders.video->encode(clips).at(0).vectors[0]));
  EXPECT_TRUE(
      test::all_close(sound, both_->encoders.audio->encode(std::span(&heard, 1)).at(0).vectors[0]));
}

TEST_F(EmbeddingGemma2FusionTest, TextAloneIsTheEncodersTextVector) {
  const std::string text = "task: search result | query: a red car";
  const auto tokens = both_->towers().text_tokens(text);
  const auto fused = test::fuse_one(*both_->fusion, {{0, kSecond}, {at_once("text", tokens, 0)}});
  EXPECT_TRUE(test::all_close(
      fused.vector, both_->encoders.text->encode(std::vector{text}, "").at(0).vectors[0]));
  EXPECT_EQ(fused.tokens.sizes(), at::IntArrayRef({tokens.size(0), 24}));
}

TEST_F(EmbeddingGemma2FusionTest, SoundGoesBetweenTheFramesWhereTheFolderAsksForIt) {
  for (const bool listens : {false, true}) {
    const test::ChangedModel model(
        kModel, "processor_config.json",
        {{"video_processor", {{"add_timestamps", true}, {"load_audio_from_video", listens}}}});
    const Both both(model.path());
    auto clip = this->clip();
    clip.times = {0, 1 * kSecond};
    const auto heard = samples("audio.0");
    for (const double seconds : {0.7, 1.99, 2.5, 3.3}) {
      auto sound = heard;
      sound.resize(static_cast<std::size_t>(seconds * 16000), 0.01F);
      clip.audio = listens ? sound : std::vector<float>();
      const Time start = 70 * kSecond;
      FusionSegment segment{{start, start + from_seconds(seconds)}, {frames_of(both, clip, start)}};
      if (listens) {
        segment.towers.push_back(sound_of(both, sound, start));
      }
      EXPECT_TRUE(
          test::all_close(test::fuse_one(*both.fusion, segment).vector,
                          both.encoders.video->encode(std::span(&clip, 1)).at(0).vectors[0]))
          << seconds << listens;
    }
  }
}

TEST_F(EmbeddingGemma2FusionTest, EveryTowerBearsOnTheVectorAndItsTokensAreNamedByTime) {
  const auto all = mixed();
  const auto fused = test::fuse_one(*both_->fusion, all);
  std::vector<Time> times;
  for (const TowerEmbeddings& tower : all.towers) {
    times.insert(times.end(), tower.times.begin(), tower.times.end());
  }
  EXPECT_EQ(fused.times, times);
  for (std::size_t i = 0; i < all.towers.size(); ++i) {
    auto without = all;
    without.towers.erase(without.towers.begin() + static_cast<std::ptrdiff_t>(i));
    const auto other = test::fuse_one(*both_->fusion, without).vector;
    EXPECT_NEAR(other.norm().item<double>(), 1, 1e-5);
    EXPECT_LT(test::cosine(fused.vector, other), 1 - 1e-6) << all.towers[i].tower;
  }
}

TEST_F(EmbeddingGemma2FusionTest, KeepsThePromisesOfEveryFusionModel) {
  test::expect_keeps_the_promises(*both_->fusion, {mixed(), picture(0)});
}

TEST_F(EmbeddingGemma2FusionTest, WhatCannotBeLaidOutIsRefused) {
  auto uneven = mixed();
  uneven.towers[1].times[0] = uneven.span.start - 1;  // a frame of a single token
  EXPECT_EQ(test::error_of(*both_->fusion, uneven), ErrorCode::invalid_argument);
  auto backwards = mixed();
  std::reverse(backwards.towers[2].times.begin(), backwards.towers[2].times.end());
  EXPECT_EQ(test::error_of(*both_->fusion, backwards), ErrorCode::invalid_argument);
  EXPECT_EQ(
      test::error_of(*both_->fusion, {{0, kSecond}, {at_once("text", at::zeros({9000, 32}), 0)}}),
      ErrorCode::resource_exhausted);
}

TEST_F(EmbeddingGemma2FusionTest, TowersOfACheckpointThatHasNoneAreNotThere) {
  const test::ChangedModel deaf(kModel, "config.json", {{"audio_config", nullptr}});
  const auto names = [](const FusionModel& model) {
    std::vector<std::string> listed;
    for (const FusionTower& tower : model.towers()) {
      listed.push_back(tower.name);
    }
    return listed;
  };
  EXPECT_EQ(names(*both_->fusion), (std::vector<std::string>{"image", "video", "audio", "text"}));
  EXPECT_EQ(names(*test::open_fusion(deaf.path())),
            (std::vector<std::string>{"image", "video", "text"}));
}

TEST_F(EmbeddingGemma2FusionTest, WeightsThatDoNotFitAreListed) {
  const test::ChangedModel model(kModel, "config.json",
                                 {{"text_config", {{"intermediate_size", 49}}}});
  EXPECT_THROW(test::open_fusion(model.path()), Error);
}

}  // namespace
}  // namespace ogam
