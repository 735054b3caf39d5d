#include "fusion/pe_audio_video.h"

#include <algorithm>

#include "encoders/registry.h"
#include "encoders/video/pe_audio_video.h"
#include "tests/fusion/fusion_checks.h"
#include "tests/support/changed_model.h"
#include "tests/support/golden_media.h"

namespace ogam {
namespace {

constexpr const char* kModel = "pe_tiny";

class PeAudioVideoFusionTest : public ::testing::Test {
 protected:
  VideoClip clip() const {
    VideoClip clip{.frames = test::images_of(golden_.tensor("frames")),
                   .times = {},
                   .audio = test::samples_of(golden_.tensor("clip"))};
    for (std::size_t i = 0; i < clip.frames.size(); ++i) {
      clip.times.push_back(static_cast<Time>(i) * kSecond);
    }
    return clip;
  }
  /// What the encoder's own towers make of a clip that begins at `start`.
  FusionSegment segment(const VideoClip& clip, Time start) const {
    FusionSegment segment{.span = {start, start + 4 * kSecond}, .towers = {}};
    const auto add = [&](const char* name, TowerTokens tokens) {
      for (Time& time : tokens.times) {
        time += start;
      }
      segment.towers.push_back({name, tokens.vectors, std::move(tokens.times)});
    };
    add("video", encoder().video_states(clip));
    add("audio", encoder().audio_states(clip));
    return segment;
  }
  const PeAudioVideoEncoder& encoder() const {
    return dynamic_cast<const PeAudioVideoEncoder&>(*encoders_.video);
  }
  static Encoders open_encoders() {
    Checkpoint checkpoint(test::golden_folder(kModel));
    return make_encoders(checkpoint);
  }

  const test::Golden golden_ = test::Golden::open(kModel);
  const Encoders encoders_ = open_encoders();
  const std::unique_ptr<FusionModel> model_ = test::open_fusion(test::golden_folder(kModel));
};

TEST_F(PeAudioVideoFusionTest, FusesTheTowersStatesToTheEncodersVector) {
  const auto given = clip();
  const auto fused = test::fuse_one(*model_, segment(given, 60 * kSecond));
  const auto expected = encoders_.video->encode(std::span(&given, 1)).at(1);
  ASSERT_EQ(expected.name, "audio_video");
  EXPECT_TRUE(test::all_close(fused.vector, expected.vectors[0]));
  EXPECT_TRUE(test::all_close(fused.vector, golden_.tensor("video.audio_video")[0],
                              {.atol = 2e-5, .rtol = 1e-4}));
}

TEST_F(PeAudioVideoFusionTest, TokensAreTheSoundsMoments) {
  const auto given = segment(clip(), 0);
  const auto fused = test::fuse_one(*model_, given);
  EXPECT_EQ(fused.times, given.towers[1].times);
  EXPECT_GT(fused.times.size(), 1U);
}

TEST_F(PeAudioVideoFusionTest, KeepsThePromisesOfEveryFusionModel) {
  auto shorter = clip();
  shorter.frames.resize(1);
  shorter.times.resize(1);
  test::expect_keeps_the_promises(*model_, {segment(clip(), 0), segment(shorter, kSecond)});
}

TEST_F(PeAudioVideoFusionTest, IsBlindWithoutEitherTower) {
  for (const std::size_t missing : {0U, 1U}) {
    auto half = segment(clip(), 0);
    half.towers.erase(half.towers.begin() + static_cast<std::ptrdiff_t>(missing));
    const auto fused = test::fuse_one(*model_, half);
    EXPECT_TRUE(at::equal(fused.vector, at::zeros({16})));
    EXPECT_TRUE(fused.times.empty());
  }
}

TEST_F(PeAudioVideoFusionTest, SilenceOfTheTowerStandsForMissingSound) {
  auto silent = clip();
  silent.audio.clear();
  for (Time& time : silent.times) {
    time /= 100;  // the tiny codec's frames are short, and silence lasts until the last picture
  }
  EXPECT_TRUE(test::all_close(test::fuse_one(*model_, segment(silent, 0)).vector,
                              encoders_.video->encode(std::span(&silent, 1)).at(1).vectors[0]));
}

TEST_F(PeAudioVideoFusionTest, TimesMustBeInOrder) {
  auto backwards = segment(clip(), 0);
  std::reverse(backwards.towers[0].times.begin(), backwards.towers[0].times.end());
  EXPECT_EQ(test::error_of(*model_, backwards), ErrorCode::invalid_argument);
}

TEST_F(PeAudioVideoFusionTest, WeightsThatDoNotFitAreListed) {
  const test::ChangedModel model(kModel, "config.json",
                                 {{"audio_video_config", {{"intermediate_size", 12}}}});
  try {
    test::open_fusion(model.path());
    FAIL() << "was made";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
    EXPECT_NE(std::string(error.what()).find("audio_video_encoder.layers.0.mlp"), std::string::npos)
        << error.what();
  }
}

TEST_F(PeAudioVideoFusionTest, UnknownMathematicsIsRefused) {
  const test::ChangedModel model(kModel, "config.json",
                                 {{"audio_video_config", {{"alignment", "linear"}}}});
  EXPECT_THROW(test::open_fusion(model.path()), Error);
}

}  // namespace
}  // namespace ogam
