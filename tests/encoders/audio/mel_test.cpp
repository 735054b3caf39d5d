#include "encoders/audio/mel.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support/golden.h"

namespace ogam {
namespace {

TEST(MelSpectrogramTest, CentredFramesReflectTheEnds) {
  const MelSpectrogram mel({});
  EXPECT_EQ(mel(at::zeros({1600})).sizes(), (std::vector<std::int64_t>{11, 80}));
  EXPECT_EQ(mel(at::zeros({2, 1600})).sizes(), (std::vector<std::int64_t>{2, 11, 80}));
  // A constant looks the same in every frame only where the ends are reflected.
  const auto constant = mel(at::ones({1600}));
  EXPECT_TRUE(test::all_close(constant, constant[5].expand({11, 80}), {.atol = 1e-4, .rtol = 0}));
}

TEST(MelSpectrogramTest, FramesWithoutCentringCoverWholeWindowsOnly) {
  const MelSpectrogram mel({.n_fft = 512, .power = 1, .centred = false});
  EXPECT_EQ(mel(at::zeros({400})).size(0), 1);
  EXPECT_EQ(mel(at::zeros({559})).size(0), 1);
  EXPECT_EQ(mel(at::zeros({560})).size(0), 2);
  EXPECT_THROW(mel(at::zeros({399})), Error);
}

TEST(MelSpectrogramTest, PutsAToneIntoTheBandsAroundIt) {
  const MelSpectrogram mel({.n_mels = 64,
                            .f_min = 125,
                            .f_max = 7500,
                            .scale = MelScale::htk,
                            .triangle = MelTriangle::linear_in_mel,
                            .norm = MelNorm::none});
  const auto tone = at::sin(at::arange(16000) * (2 * 3.14159265358979 * 1000 / 16000));
  // 1000 Hz is 1000 mel of HTK; 64 bands lie between 185 and 2773 mel, 39.8 apart.
  EXPECT_EQ(mel(tone).mean(0).argmax().item<std::int64_t>(), 19);
}

TEST(MelSpectrogramTest, ComputesInThePrecisionOfItsSamples) {
  const MelSpectrogram mel({});
  const auto samples = at::sin(at::arange(0, 16000, at::kDouble) * 0.3);
  const auto exact = mel(samples);
  EXPECT_EQ(exact.scalar_type(), at::kDouble);
  EXPECT_TRUE(test::all_close(mel(samples.to(at::kFloat)), exact, {.atol = 1e-4, .rtol = 1e-4}));
}

TEST(MelSpectrogramTest, ALongSoundHasTheFramesOfItsParts) {
  const MelSpectrogram mel({.hop = 40, .centred = false});
  const auto samples = at::sin(at::arange(0, 400'000, at::kDouble).square() * 1e-6);
  const auto whole = mel(samples);
  const auto part = mel(samples.slice(0, 5000 * 40));
  EXPECT_TRUE(test::all_close(whole.slice(0, 5000), part, {.atol = 1e-12, .rtol = 1e-12}));
}

TEST(MelFiltersTest, SlaneyNormGivesEveryBandTheSameArea) {
  const auto filters = mel_filters({.n_fft = 16384, .window = 400});
  const auto areas = filters.sum(0) * (16000.0 / 16384);
  EXPECT_TRUE(test::all_close(areas, at::ones({80}), {.atol = 0.02, .rtol = 0}));
}

TEST(MelFiltersTest, RefusesConfigurationsThatMakeNoSense) {
  EXPECT_THROW(mel_filters({.n_fft = 256}), Error);
  EXPECT_THROW(mel_filters({.f_max = 9000}), Error);
  EXPECT_THROW(mel_filters({.f_min = 100, .f_max = 100}), Error);
  EXPECT_THROW(mel_filters({.power = 3}), Error);
  EXPECT_THROW(MelSpectrogram({.window = -1}), Error);
}

}  // namespace
}  // namespace ogam
