#include "core/media/mono_resampler.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "core/base/error.h"

namespace ogam {
namespace {

std::vector<float> tone(int rate, std::size_t count) {
  std::vector<float> samples(count);
  for (std::size_t i = 0; i < count; ++i) {
    samples[i] =
        static_cast<float>(std::sin(2 * std::numbers::pi * 440 * static_cast<double>(i) / rate));
  }
  return samples;
}

std::vector<float> resampled(const std::vector<float>& samples, MonoResampler::Config config,
                             std::size_t piece) {
  MonoResampler resampler(config);
  std::vector<float> all;
  for (std::size_t at = 0; at < samples.size(); at += piece) {
    const auto part =
        resampler.push(std::span(samples).subspan(at, std::min(piece, samples.size() - at)));
    all.insert(all.end(), part.begin(), part.end());
  }
  const auto rest = resampler.finish();
  all.insert(all.end(), rest.begin(), rest.end());
  return all;
}

TEST(MonoResamplerTest, ToneKeepsItsPlaceInTimeWhateverThePieces) {
  const auto expected = tone(16000, 16000);
  for (const std::size_t piece : {1u, 777u, 48000u}) {
    const auto actual = resampled(tone(48000, 48000), {.from = 48000, .to = 16000}, piece);
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 200; i + 200 < actual.size(); ++i) {  // the filter needs both sides
      ASSERT_NEAR(actual[i], expected[i], 2e-3) << i;
    }
  }
}

TEST(MonoResamplerTest, EqualRatesLeaveSamplesAlone) {
  const auto samples = tone(16000, 1000);
  EXPECT_EQ(resampled(samples, {.from = 16000, .to = 16000}, 300), samples);
}

TEST(MonoResamplerTest, LastsAsLongAsItsInput) {
  EXPECT_EQ(resampled(tone(16000, 1234), {.from = 16000, .to = 48000}, 100).size(), 3702u);
  EXPECT_TRUE(resampled({}, {.from = 16000, .to = 48000}, 100).empty());
}

TEST(MonoResamplerTest, RefusesRatesThatAreNone) {
  EXPECT_THROW(MonoResampler({.from = 0, .to = 16000}), Error);
  EXPECT_THROW(MonoResampler({.from = 16000, .to = -1}), Error);
}

}  // namespace
}  // namespace ogam
