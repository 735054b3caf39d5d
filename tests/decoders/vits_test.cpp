#include "decoders/audio/vits.h"

#include <c10/core/InferenceMode.h>

#include <functional>
#include <memory>
#include <numeric>

#include "core/tensor/checkpoint.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

constexpr test::Tolerance kClose = {.atol = 2e-5, .rtol = 1e-4};

std::filesystem::path tiny_folder() {
  return test::source_folder() / "tests" / "golden" / "vits_tiny";
}

/// The noise that the reference was given.
VitsNoise golden_noise(const test::Golden& golden, double scale) {
  return [numbers = golden.tensor("noise") * scale,
          at = std::make_shared<std::int64_t>(0)](at::IntArrayRef shape) {
    const auto count =
        std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
    *at += count;
    return numbers.narrow(0, *at - count, count).view(shape);
  };
}

struct TinyVits {
  Checkpoint checkpoint{tiny_folder()};
  Vits model{VitsConfig::parse(checkpoint.config(), checkpoint.origin()), checkpoint.weights()};
  test::Golden golden = test::Golden::open("vits_tiny");

  at::Tensor speak(const VitsOptions& options, const VitsNoise& noise) const {
    return model.speak(golden.tensor("ids"), options, noise);
  }
};

TEST(VitsTest, MatchesReference) {
  const c10::InferenceMode inference;
  const TinyVits tiny;
  tiny.checkpoint.finish();
  const auto speaker = tiny.speak({.speaker = 1}, golden_noise(tiny.golden, 1));
  EXPECT_TRUE(test::all_close(speaker, tiny.golden.tensor("waveform.speaker"), kClose));
  const auto nobody = tiny.speak({}, golden_noise(tiny.golden, 1));
  EXPECT_TRUE(test::all_close(nobody, tiny.golden.tensor("waveform.nobody"), kClose));
  const auto still = tiny.speak({.speaker = 1}, golden_noise(tiny.golden, 0));
  EXPECT_TRUE(test::all_close(still, tiny.golden.tensor("waveform.still"), kClose));
}

TEST(VitsTest, ASeedAlwaysSpeaksTheSameAndAnotherDoesNot) {
  const c10::InferenceMode inference;
  const TinyVits tiny;
  const auto first = tiny.speak({}, seeded_noise(1));
  EXPECT_TRUE(at::equal(first, tiny.speak({}, seeded_noise(1))));
  const auto other = tiny.speak({}, seeded_noise(2));
  EXPECT_FALSE(first.sizes() == other.sizes() && at::equal(first, other));
}

TEST(VitsTest, WithoutNoiseTheSeedDoesNotMatter) {
  const c10::InferenceMode inference;
  const TinyVits tiny;
  const VitsOptions still = {.noise_scale = 0, .noise_scale_duration = 0};
  EXPECT_TRUE(at::equal(tiny.speak(still, seeded_noise(1)), tiny.speak(still, seeded_noise(2))));
}

TEST(VitsTest, FasterIsShorter) {
  const c10::InferenceMode inference;
  const TinyVits tiny;
  const auto length = [&](double rate) {
    return tiny.speak({.noise_scale_duration = 0, .speaking_rate = rate}, seeded_noise(1)).numel();
  };
  EXPECT_GT(length(0.5), length(1));
  EXPECT_GT(length(1), length(3));
}

TEST(VitsTest, RefusesWhatMakesNoSense) {
  const c10::InferenceMode inference;
  const TinyVits tiny;
  EXPECT_THROW(tiny.speak({.speaker = 3}, seeded_noise(1)), Error);
  EXPECT_THROW(tiny.speak({.speaker = -1}, seeded_noise(1)), Error);
  EXPECT_THROW(tiny.speak({.speaking_rate = 0}, seeded_noise(1)), Error);
  EXPECT_THROW(tiny.model.speak(at::zeros({0}, at::kLong), {}, seeded_noise(1)), Error);
  EXPECT_THROW(tiny.model.speak(at::full({1}, 4000, at::kLong), {}, seeded_noise(1)), Error);
}

TEST(HifiGanTest, LongSoundInPiecesIsThatOfTheWhole) {
  const c10::InferenceMode inference;
  Checkpoint checkpoint(tiny_folder());
  const auto config = VitsConfig::parse(checkpoint.config(), checkpoint.origin());
  const HifiGan decoder(config.decoder, checkpoint.weights("decoder."));
  // A piece is 220,500 samples, 27,562 frames of the tiny model: the sound is two and a part.
  const auto latents = at::randn({1, config.flow_size, 60'000});
  const auto whole = decoder.forward(latents, {});
  ASSERT_EQ(whole.numel(), 480'000);
  const std::int64_t seam = 27'562;
  const auto around = decoder.forward(latents.slice(2, seam - 500, seam + 500), {});
  EXPECT_TRUE(test::all_close(whole.slice(0, (seam - 250) * 8, (seam + 250) * 8),
                              around.slice(0, 250 * 8, 750 * 8), kClose));
}

TEST(VitsConfigTest, RefusesWhatIsAbsurd) {
  const auto config = read_json_file(tiny_folder() / "config.json");
  const std::vector<std::pair<const char*, Json>> wrong = {
      {"model_type", "bert"},
      {"hidden_size", 0},
      {"hidden_size", 1'000'000},
      {"num_attention_heads", 3},
      {"window_size", nullptr},
      {"flow_size", 7},
      {"upsample_rates", {4}},
      {"upsample_rates", {4, 3}},
      {"upsample_rates", {200, 200}},
      {"upsample_initial_channel", 2},
      {"resblock_kernel_sizes", {3, 4}},
      {"resblock_dilation_sizes", {{1}}},
      {"resblock_dilation_sizes", {{1}, {0}}},
      {"resblock_dilation_sizes", {{1}, Json::array()}},
      {"resblock", "3"},
      {"wavenet_kernel_size", 4},
      {"wavenet_dilation_rate", 1000},
      {"depth_separable_channels", 4},
      {"depth_separable_num_layers", 100},
      {"speaker_embedding_size", 0},
      {"noise_scale", -1},
      {"speaking_rate", 0},
      {"sampling_rate", 0},
      {"a_new_idea", true},
  };
  EXPECT_NO_THROW(VitsConfig::parse(config, "config.json"));
  for (const auto& [key, value] : wrong) {
    auto changed = config;
    changed[key] = value;
    EXPECT_THROW(VitsConfig::parse(changed, "config.json"), Error) << key << " = " << value;
  }
}

}  // namespace
}  // namespace ogam
