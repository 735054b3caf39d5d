#include "encoders/audio/dac_encoder.h"

#include "core/tensor/checkpoint.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

constexpr test::Tolerance kClose = {.atol = 1e-5, .rtol = 1e-4};

std::filesystem::path tiny_folder() {
  return test::source_folder() / "tests" / "golden" / "pe_tiny";
}

Json dac_config() {
  return read_json_file(tiny_folder() / "config.json")
      .at("audio_video_config")
      .at("audio_config")
      .at("dac_config");
}

DacEncoderConfig parse(const Json& config) {
  return DacEncoderConfig::parse(ConfigReader(config, "config.json"),
                                 {.encoder_hidden_size = 64,
                                  .downsampling_ratios = {2, 4, 8, 8},
                                  .hidden_size = 0,
                                  .codebook_dim = 8});
}

DacEncoder tiny_encoder(Checkpoint& checkpoint) {
  return {checkpoint.weights("audio_model.audio_encoder.embedder.dac_encoder."),
          parse(dac_config())};
}

TEST(DacEncoderTest, MatchesReference) {
  const auto golden = test::Golden::open("pe_tiny");
  Checkpoint checkpoint(tiny_folder());
  const auto frames = tiny_encoder(checkpoint).forward(golden.tensor("samples"));
  EXPECT_TRUE(test::all_close(frames, golden.tensor("codec"), kClose));
}

TEST(DacEncoderTest, EncodesALongSoundInPiecesAsIfItWereWhole) {
  Checkpoint checkpoint(tiny_folder());
  const auto encoder = tiny_encoder(checkpoint);
  // A piece is 240,000 samples: the sound below is two of them and a part of a third.
  const auto samples = at::randn({500'000});
  const auto frames = encoder.forward(samples);
  ASSERT_EQ(frames.size(1), 50'000);
  // Frames far from both ends are those of the sound around them alone.
  const auto around = encoder.forward(samples.slice(0, 239'000, 241'000));
  EXPECT_TRUE(test::all_close(frames.slice(1, 23'950, 24'050), around.slice(1, 50, 150), kClose));
  const auto end = encoder.forward(samples.slice(0, 480'000 - 5'000));
  EXPECT_TRUE(test::all_close(frames.slice(1, 48'000), end.slice(1, 500), kClose));
}

TEST(DacEncoderTest, RefusesSoundThatIsNotWholeFrames) {
  Checkpoint checkpoint(tiny_folder());
  const auto encoder = tiny_encoder(checkpoint);
  EXPECT_THROW(encoder.forward(at::zeros({15})), Error);
  EXPECT_THROW(encoder.forward(at::zeros({0})), Error);
  EXPECT_THROW(encoder.forward(at::zeros({1, 20})), Error);
}

TEST(DacEncoderConfigTest, TakesDefaultsForWhatIsLeftOut) {
  const auto config = parse(Json::object());
  EXPECT_EQ(config.hop_length(), 512);
  EXPECT_EQ(config.hidden_size, 1024);
}

TEST(DacEncoderConfigTest, RefusesWhatIsAbsurd) {
  const std::vector<std::pair<const char*, Json>> wrong = {
      {"downsampling_ratios", Json::array()},
      {"downsampling_ratios", {1, 4}},
      {"downsampling_ratios", {2, 1'000'000}},
      {"downsampling_ratios", {2, 2, 2, 2, 2, 2, 2, 2, 2}},
      {"downsampling_ratios", {64, 64, 64, 64, 64, 64, 64, 64}},
      {"encoder_hidden_size", 16384},
      {"hop_length", 11},
      {"hidden_size", -5},
      {"codebook_dim", 0},
      {"model_type", "encodec"},
      {"a_new_idea", 1},
  };
  for (const auto& [key, value] : wrong) {
    auto config = dac_config();
    config[key] = value;
    EXPECT_THROW(parse(config), Error) << key << " = " << value;
  }
}

}  // namespace
}  // namespace ogam
