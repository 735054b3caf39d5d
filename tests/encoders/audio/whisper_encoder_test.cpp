#include "encoders/audio/whisper_encoder.h"

#include "encoders/audio/whisper_features.h"
#include "tests/support/golden.h"
#include "tests/support/speech_clips.h"

namespace ogam {
namespace {

TEST(WhisperEncoderTest, MatchesReferenceOnTinyConfig) {
  const auto golden = test::Golden::open("whisper_tiny");
  Checkpoint checkpoint(test::source_folder() / "tests" / "golden" / "whisper_tiny");
  const WhisperEncoder encoder(WhisperEncoderConfig::parse(checkpoint.config(), "config.json"),
                               checkpoint.weights("model.encoder."));
  EXPECT_TRUE(test::all_close(encoder.forward(golden.tensor("features")), golden.tensor("encoded"),
                              {.atol = 1e-5, .rtol = 1e-4}));
}

TEST(WhisperEncoderTest, RefusesFeaturesOfAnotherShape) {
  Checkpoint checkpoint(test::source_folder() / "tests" / "golden" / "whisper_tiny");
  const WhisperEncoder encoder(WhisperEncoderConfig::parse(checkpoint.config(), "config.json"),
                               checkpoint.weights("model.encoder."));
  EXPECT_THROW(encoder.forward(at::zeros({1, 8, 39})), Error);
}

TEST(WhisperEncoderTest, RefusesMathematicsItDoesNotImplement) {
  Checkpoint checkpoint(test::source_folder() / "tests" / "golden" / "whisper_tiny");
  auto config = checkpoint.config();
  config["activation_function"] = "relu";
  EXPECT_THROW(WhisperEncoderConfig::parse(config, "config.json"), Error);
  config = checkpoint.config();
  config["model_type"] = "moonshine";
  EXPECT_THROW(WhisperEncoderConfig::parse(config, "config.json"), Error);
  config = checkpoint.config();
  config["d_model"] = 0;
  EXPECT_THROW(WhisperEncoderConfig::parse(config, "config.json"), Error);
  config["d_model"] = 18;  // not divisible by the four heads
  EXPECT_THROW(WhisperEncoderConfig::parse(config, "config.json"), Error);
}

TEST(WhisperFeaturesTest, MatchReferenceOnSpeech) {
  const auto expected = test::Golden::open("speech").tensor("mel");  // the first second
  const WhisperFeatures features({});
  const auto frames = features(test::speech_clip("0880"));
  ASSERT_EQ(frames.sizes(), at::IntArrayRef({80, 3000}));
  EXPECT_TRUE(
      test::all_close(frames.narrow(1, 0, expected.size(1)), expected, {.atol = 1e-4, .rtol = 0}));
}

TEST(WhisperFeaturesTest, RefuseMoreThanAWindow) {
  const WhisperFeatures features({});
  EXPECT_THROW(features(std::vector<float>(480001)), Error);
}

TEST(WhisperEncoderTest, MatchesReferenceOnSpeech) {
  const auto expected = test::Golden::open("speech").tensor("encoded");  // every 75th vector
  Checkpoint checkpoint(test::pack_folder() / "models" / "whisper-base");
  const WhisperEncoder encoder(WhisperEncoderConfig::parse(checkpoint.config(), "config.json"),
                               checkpoint.weights("model.encoder."));
  const auto features = WhisperFeatures({})(test::speech_clip("0880"));
  const auto encoded = encoder.forward(features.unsqueeze(0))[0];
  const auto seen = encoded.slice(0, 0, encoded.size(0), 75);
  EXPECT_TRUE(test::all_close(seen, expected, {.atol = 2e-3, .rtol = 0}));
  EXPECT_GT(test::cosine(seen, expected), 0.999999);
}

}  // namespace
}  // namespace ogam
