#include "encoders/audio/gemma4_audio.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

constexpr const char* kModel = "embedding_gemma2_tiny";
constexpr test::Tolerance kClose = {.atol = 1e-5, .rtol = 1e-4};

class Gemma4AudioTest : public ::testing::Test {
 protected:
  static std::filesystem::path folder() {
    return test::source_folder() / "tests" / "golden" / kModel;
  }
  static Json config() { return Checkpoint(folder()).config().at("audio_config"); }
  static Gemma4AudioConfig parse(const Json& json) {
    return Gemma4AudioConfig::parse({json, "config.json"});
  }
  static Gemma4Audio model(at::ScalarType precision = at::kFloat) {
    Checkpoint checkpoint(folder(), precision);
    return {parse(config()), checkpoint.weights("audio_tower.")};
  }

  const test::Golden golden_ = test::Golden::open(kModel);
  const at::Tensor features_ = golden_.tensor("audio.features");
};

TEST_F(Gemma4AudioTest, MatchesTheReference) {
  EXPECT_TRUE(test::all_close(model().forward(features_), golden_.tensor("audio.tokens"), kClose));
}

TEST_F(Gemma4AudioTest, StaysNearTheReferenceInBfloat16) {
  const auto tokens = model(at::kBFloat16).forward(features_);
  EXPECT_EQ(tokens.scalar_type(), at::kBFloat16);
  EXPECT_GE(test::cosine(tokens, golden_.tensor("audio.tokens")), 0.999);
}

TEST_F(Gemma4AudioTest, ATokenIsMadeOfFourFrames) {
  // From the reference's feature extractor: 1 s, 9.3 s and 30 s of sound.
  EXPECT_EQ(Gemma4Audio::token_count(99), 25);
  EXPECT_EQ(Gemma4Audio::token_count(929), 233);
  EXPECT_EQ(Gemma4Audio::token_count(2999), 750);
  const auto audio = model();
  for (const std::int64_t frames : {1, 2, 4, 5, 47, 48, 49}) {
    EXPECT_EQ(audio.forward(features_.narrow(1, 0, frames)).size(1),
              Gemma4Audio::token_count(frames))
        << frames;
  }
}

TEST_F(Gemma4AudioTest, TokensDoNotSeeWhatIsLater) {
  const auto audio = model();
  const auto whole = audio.forward(features_);
  const auto start = audio.forward(features_.narrow(1, 0, 64));
  // The convolutions look one token ahead.
  const std::int64_t settled = Gemma4Audio::token_count(64) - 1;
  EXPECT_TRUE(test::all_close(start.narrow(1, 0, settled), whole.narrow(1, 0, settled),
                              {.atol = 1e-5, .rtol = 1e-5}));
}

TEST_F(Gemma4AudioTest, OtherShapesAreRefused) {
  const auto audio = model();
  EXPECT_THROW(audio.forward(features_[0]), Error);
  EXPECT_THROW(audio.forward(features_.narrow(1, 0, 0)), Error);
  EXPECT_THROW(audio.forward(features_.narrow(2, 0, 8)), Error);
}

TEST_F(Gemma4AudioTest, ConfigurationsThatAreLeftOutHaveTheReferencesDefaults) {
  const auto parsed = parse(Json::parse(R"({"model_type": "gemma4_audio"})"));
  EXPECT_EQ(parsed.hidden_size, 1024);
  EXPECT_EQ(parsed.num_hidden_layers, 12);
  EXPECT_EQ(parsed.mel_bands(), 128);
  EXPECT_EQ(parsed.attention_chunk_size, 12);
  EXPECT_EQ(parsed.output_proj_dims, 1536);
  EXPECT_EQ(parsed.form, LinearForm::clipped);
}

TEST_F(Gemma4AudioTest, WhatIsImpossibleOrNotImplementedIsRefused) {
  const std::vector<std::pair<std::string, Json>> changes = {
      {"hidden_size", 0},
      {"num_attention_heads", 3},
      {"subsampling_conv_channels", Json::array({16})},
      {"subsampling_conv_channels", Json::array({18, 4})},
      {"subsampling_conv_channels", Json::array({16, -4})},
      {"conv_kernel_size", 1'000'000},
      {"attention_chunk_size", 6},
      {"attention_context_right", 1},
      {"attention_logit_cap", 0},
      {"attention_invalid_logits_value", 0},
      {"hidden_act", "mish"},
      {"sliding_window", 3},
      {"model_type", "whisper"},
  };
  for (const auto& [key, value] : changes) {
    auto json = config();
    json[key] = value;
    EXPECT_THROW(parse(json), Error) << key << " " << value;
  }
}

TEST_F(Gemma4AudioTest, WeightsThatAreMissingOrLeftOverAreRefused) {
  for (const auto& [key, value] : std::vector<std::pair<std::string, Json>>{
           {"num_hidden_layers", 3},
           {"use_clipped_linears", false},
           {"hidden_size", 65'536},
       }) {
    Checkpoint checkpoint(folder());
    for (const auto* const other :
         {"language_model", "vision_tower", "embed_audio", "embed_vision"}) {
      checkpoint.weights().ignore(other);
    }
    auto json = config();
    json[key] = value;
    const Gemma4Audio audio(parse(json), checkpoint.weights("audio_tower."));
    EXPECT_THROW(checkpoint.finish(), Error) << key;
  }
}

}  // namespace
}  // namespace ogam
