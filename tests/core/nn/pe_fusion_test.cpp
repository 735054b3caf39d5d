#include "core/nn/pe_fusion.h"

#include "core/tensor/checkpoint.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

constexpr test::Tolerance kClose = {.atol = 1e-5, .rtol = 1e-4};

std::filesystem::path tiny_folder() {
  return test::source_folder() / "tests" / "golden" / "pe_tiny";
}

Json fusion_config() {
  auto config = read_json_file(tiny_folder() / "config.json").at("audio_video_config");
  config.erase("audio_config");
  config.erase("video_config");
  return config;
}

PeEncoderConfig parse(const Json& config) {
  const ConfigReader reader(config, "config.json");
  auto parsed = PeEncoderConfig::parse(reader);
  reader.refuse_unread({"model_type"});
  return parsed;
}

PeFusion tiny_fusion(Checkpoint& checkpoint) {
  return {checkpoint.weights("audio_video_encoder."),
          {.encoder = parse(fusion_config()), .audio_size = 16, .video_size = 16}};
}

TEST(PeFusionTest, MatchesReference) {
  const auto golden = test::Golden::open("pe_tiny");
  Checkpoint checkpoint(tiny_folder());
  const auto fused =
      tiny_fusion(checkpoint).forward(golden.tensor("audio_states"), golden.tensor("video_states"));
  EXPECT_TRUE(test::all_close(fused.states, golden.tensor("fused_states"), kClose));
  EXPECT_TRUE(test::all_close(fused.pooled, golden.tensor("fused_pooled"), kClose));
}

TEST(PeFusionTest, AnItemDoesNotDependOnItsBatch) {
  const auto golden = test::Golden::open("pe_tiny");
  const auto audio = golden.tensor("audio_states");
  const auto video = golden.tensor("video_states");
  Checkpoint checkpoint(tiny_folder());
  const auto fusion = tiny_fusion(checkpoint);
  const auto together = fusion.forward(at::cat({audio.flip(1), audio}), at::cat({video, video}));
  EXPECT_TRUE(
      test::all_close(together.pooled.narrow(0, 1, 1), golden.tensor("fused_pooled"), kClose));
}

TEST(PeFusionTest, RefusesStatesThatDoNotFit) {
  Checkpoint checkpoint(tiny_folder());
  const auto fusion = tiny_fusion(checkpoint);
  EXPECT_THROW(fusion.forward(at::zeros({1, 5, 15}), at::zeros({1, 3, 16})), Error);
  EXPECT_THROW(fusion.forward(at::zeros({1, 5, 16}), at::zeros({2, 3, 16})), Error);
  EXPECT_THROW(fusion.forward(at::zeros({1, 5, 16}), at::zeros({1, 0, 16})), Error);
  EXPECT_THROW(fusion.forward(at::zeros({1, 0, 16}), at::zeros({1, 3, 16})), Error);
}

TEST(PeFusionTest, RefusesToJoinStatesOfDifferentSizes) {
  Checkpoint checkpoint(tiny_folder());
  EXPECT_THROW(PeFusion(checkpoint.weights("audio_video_encoder."),
                        {.encoder = parse(fusion_config()), .audio_size = 16, .video_size = 8}),
               Error);
}

TEST(PeEncoderConfigTest, TakesTheDefaultsOfTheReference) {
  const auto config = parse(Json::object());
  EXPECT_EQ(config.hidden_size, 1792);
  EXPECT_EQ(config.num_key_value_heads, 14);
  EXPECT_EQ(config.rope_theta, 20000);
}

TEST(PeEncoderConfigTest, RefusesWhatIsAbsurdOrNotImplemented) {
  const std::vector<std::pair<const char*, Json>> wrong = {
      {"hidden_size", 0},
      {"hidden_size", 1 << 30},
      {"num_key_value_heads", 3},
      {"head_dim", 7},
      {"hidden_act", "mystery"},
      {"attention_bias", true},
      {"rope_parameters", {{"rope_type", "yarn"}}},
      {"rope_parameters", {{"rope_theta", -1}}},
      {"num_hidden_layers", "two"},
      {"a_new_idea", 1},
  };
  for (const auto& [key, value] : wrong) {
    auto config = fusion_config();
    config[key] = value;
    EXPECT_THROW(parse(config), Error) << key << " = " << value;
  }
}

}  // namespace
}  // namespace ogam
