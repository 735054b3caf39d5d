#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "encoders/audio/clap_features.h"
#include "encoders/audio/gemma4_audio_features.h"
#include "encoders/audio/waveform_features.h"
#include "encoders/audio/whisper_features.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

ProcessorConfig config(const std::string& name, const std::string& rest = "") {
  return {parse_json(R"({"feature_extractor_type": ")" + name + "\"" + rest + "}", "test"), "test"};
}

/// A tone that grows louder, so that no two frames are alike.
std::vector<float> tone(std::size_t count) {
  std::vector<float> samples(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto x = static_cast<double>(i);
    samples[i] = static_cast<float>(std::sin(0.05 * x) * x / static_cast<double>(count));
  }
  return samples;
}

TEST(WhisperFeaturesTest, FollowTheFile) {
  const WhisperFeatures features(WhisperFeatures::Config::parse(
      config("WhisperFeatureExtractor", R"(, "feature_size": 128, "chunk_length": 5)")));
  EXPECT_EQ(features.window_samples(), 80'000);
  EXPECT_EQ(features(tone(16'000)).sizes(), at::IntArrayRef({128, 500}));
  EXPECT_THROW(features(tone(80'001)), Error);
}

TEST(WhisperFeaturesTest, RefuseSettingsThatMakeNoSense) {
  for (const char* rest :
       {R"(, "dither": 0.1)", R"(, "padding_value": 1.0)", R"(, "feature_size": 0)",
        R"(, "feature_size": 99999)", R"(, "sampling_rate": 16001)", R"(, "sampling_rate": 10)",
        R"(, "n_fft": 3)", R"(, "n_fft": 1000000)", R"(, "hop_length": -1)",
        R"(, "chunk_length": 0)", R"(, "chunk_length": 1000000000)", R"(, "n_fft": "400")"}) {
    EXPECT_THROW(WhisperFeatures::Config::parse(config("WhisperFeatureExtractor", rest)), Error)
        << rest;
  }
  EXPECT_THROW(WhisperFeatures::Config::parse(config("ClapFeatureExtractor")), Error);
}

ClapFeatures clap(const std::string& rest) {
  return ClapFeatures(
      ClapFeatures::Config::parse(config("ClapFeatureExtractor", R"(, "max_length_s": 1)" + rest)));
}

TEST(ClapFeaturesTest, AShortClipIsFourTimesTheSameUnderFusion) {
  const auto [frames, is_longer] = clap("")(tone(20'000));
  ASSERT_EQ(frames.sizes(), at::IntArrayRef({4, 101, 64}));
  EXPECT_FALSE(is_longer);
  EXPECT_TRUE(at::equal(frames[0], frames[3]));
}

TEST(ClapFeaturesTest, ALongClipIsShrunkAndCutUnderFusion) {
  const auto [frames, is_longer] = clap("")(tone(480'000));
  ASSERT_EQ(frames.sizes(), at::IntArrayRef({4, 101, 64}));
  EXPECT_TRUE(is_longer);
  // It grows louder: the cuts come one after another.
  EXPECT_LT(frames[1].mean().item<float>(), frames[2].mean().item<float>());
  EXPECT_LT(frames[2].mean().item<float>(), frames[3].mean().item<float>());
}

TEST(ClapFeaturesTest, FillsShortClipsAsItIsTold) {
  const std::string trunc = R"(, "truncation": "rand_trunc", "padding": )";
  const auto loudness = [&](const std::string& padding) {
    const auto frames = clap(trunc + padding)(tone(20'000)).input_features;
    EXPECT_EQ(frames.sizes(), at::IntArrayRef({1, 101, 64}));
    return frames[0].amax(1);  // [101]: loud where there is sound
  };
  constexpr float kSilence = -90;
  EXPECT_LT(loudness(R"("pad")")[60].item<float>(), kSilence);
  EXPECT_GT(loudness(R"("repeatpad")")[60].item<float>(), kSilence);
  EXPECT_LT(loudness(R"("repeatpad")")[95].item<float>(), kSilence);
  EXPECT_GT(loudness(R"("repeat")")[95].item<float>(), kSilence);
}

TEST(ClapFeaturesTest, RefusesWhatMakesNoSense) {
  for (const char* rest :
       {R"(, "truncation": "none")", R"(, "padding": "mirror")", R"(, "feature_size": 65)",
        R"(, "frequency_min": 14000)", R"(, "frequency_max": 1e300)", R"(, "frequency_min": -1)",
        R"(, "fft_window_size": 0)", R"(, "hop_length": 100000)"}) {
    EXPECT_THROW(clap(rest), Error) << rest;
  }
  EXPECT_THROW(clap("")({}), Error);
}

TEST(Gemma4AudioFeaturesTest, CountFramesAsTheReference) {
  const Gemma4AudioFeatures features(
      Gemma4AudioFeatures::Config::parse(config("Gemma4AudioFeatureExtractor")));
  for (const auto& [samples, frames] :
       {std::pair<std::size_t, std::int64_t>{16'000, 99}, {148'800, 929}, {480'000, 2999}}) {
    EXPECT_EQ(features(tone(samples)).input_features_mask.sum().item<std::int64_t>(), frames);
  }
  const auto [frames, mask] = features(tone(161));
  EXPECT_EQ(frames.sizes(), at::IntArrayRef({1, 128}));
  EXPECT_TRUE(mask[0].item<bool>());
  const auto short_clip = features(tone(160));  // the one frame reaches beyond the clip
  EXPECT_FALSE(short_clip.input_features_mask.any().item<bool>());
  EXPECT_EQ(short_clip.input_features.abs().max().item<float>(), 0.0F);
  EXPECT_THROW(features(tone(128)), Error);
  EXPECT_THROW(features(tone(480'001)), Error);
}

TEST(Gemma4AudioFeaturesTest, RefuseWhatIsNotImplemented) {
  for (const char* rest :
       {R"(, "dither": 0.1)", R"(, "preemphasis": 0.97)", R"(, "input_scale_factor": 2.0)",
        R"(, "fft_overdrive": true)", R"(, "per_bin_mean": [1])", R"(, "per_bin_stddev": [1])",
        R"(, "frame_length": 400)", R"(, "hop_length": 100)", R"(, "fft_length": 1024)",
        R"(, "frame_length_ms": 0)", R"(, "frame_length_ms": 1e300)", R"(, "mel_floor": -1)",
        R"(, "hop_length_ms": 0.0001)", R"(, "max_frequency": 8001)",
        R"(, "min_frequency": 8000)"}) {
    EXPECT_THROW(Gemma4AudioFeatures::Config::parse(config("Gemma4AudioFeatureExtractor", rest)),
                 Error)
        << rest;
  }
}

TEST(WaveformFeaturesTest, DacPadsWithZerosToTheLongest) {
  const WaveformFeatures features(
      WaveformFeatures::Config::parse(config("DacFeatureExtractor", R"(, "hop_length": 4)")));
  const auto batch = features(std::vector<std::vector<float>>{{1, 2, 3}, {1, 2, 3, 4, 5}});
  EXPECT_TRUE(
      at::equal(batch.input_values, at::tensor({1.0F, 2.0F, 3.0F, 0.0F, 0.0F, 0.0F, 0.0F, 0.0F,  //
                                                1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 0.0F, 0.0F, 0.0F})
                                        .reshape({2, 1, 8})));
  EXPECT_TRUE(at::equal(batch.padding_mask.sum(1), at::tensor({3, 5}, at::kLong)));
}

TEST(WaveformFeaturesTest, PeAudioMirrorsTheEnd) {
  const WaveformFeatures features(
      WaveformFeatures::Config::parse(config("PeAudioFeatureExtractor", R"(, "hop_length": 8)")));
  const auto batch = features(std::vector<std::vector<float>>{{1, 2, 3}, {7}});
  EXPECT_TRUE(
      at::equal(batch.input_values, at::tensor({1.0F, 2.0F, 3.0F, 2.0F, 1.0F, 2.0F, 3.0F, 2.0F,  //
                                                7.0F, 7.0F, 7.0F, 7.0F, 7.0F, 7.0F, 7.0F, 7.0F})
                                        .reshape({2, 1, 8})));
  EXPECT_EQ(batch.padding_mask.sum().item<std::int64_t>(), 16);
}

TEST(WaveformFeaturesTest, RefuseWhatMakesNoSense) {
  EXPECT_THROW(
      WaveformFeatures::Config::parse(config("DacFeatureExtractor", R"(, "feature_size": 2)")),
      Error);
  EXPECT_THROW(
      WaveformFeatures::Config::parse(config("DacFeatureExtractor", R"(, "hop_length": 0)")),
      Error);
  EXPECT_THROW(WaveformFeatures::Config::parse(config("EncodecFeatureExtractor")), Error);
  const WaveformFeatures features({});
  EXPECT_THROW(features({}), Error);
  EXPECT_THROW(features(std::vector<std::vector<float>>{{}}), Error);
}

}  // namespace
}  // namespace ogam
