#include "encoders/audio/clap_audio.h"

#include "core/tensor/checkpoint.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

constexpr test::Tolerance kClose = {.atol = 1e-5, .rtol = 1e-4};

std::filesystem::path tiny_folder() {
  return test::source_folder() / "tests" / "golden" / "clap_tiny";
}

Json audio_config() { return read_json_file(tiny_folder() / "config.json").at("audio_config"); }

ClapAudioConfig parse(const Json& config) {
  return ClapAudioConfig::parse(ConfigReader(config, "config.json"));
}

ClapAudioTower tiny_tower(Checkpoint& checkpoint) {
  return {parse(audio_config()), checkpoint.weights("audio_model.audio_encoder.")};
}

TEST(ClapAudioTowerTest, MatchesReference) {
  const auto golden = test::Golden::open("clap_tiny");
  Checkpoint checkpoint(tiny_folder());
  const auto pooled = tiny_tower(checkpoint).forward(golden.tensor("features").unsqueeze(1));
  EXPECT_TRUE(test::all_close(pooled, golden.tensor("pooled"), kClose));
}

TEST(ClapAudioTowerTest, AnItemDoesNotDependOnItsBatch) {
  const auto features = test::Golden::open("clap_tiny").tensor("features").unsqueeze(1);
  Checkpoint checkpoint(tiny_folder());
  const auto tower = tiny_tower(checkpoint);
  EXPECT_TRUE(test::all_close(tower.forward(features).narrow(0, 1, 1),
                              tower.forward(features.narrow(0, 1, 1)), kClose));
}

TEST(ClapAudioTowerTest, TakesAPictureThatIsFull) {
  Checkpoint checkpoint(tiny_folder());
  const auto pooled = tiny_tower(checkpoint).forward(at::full({1, 1, 128, 8}, -20.0));
  EXPECT_EQ(pooled.sizes(), at::IntArrayRef({1, 16}));
  EXPECT_TRUE(at::isfinite(pooled).all().item<bool>());
}

TEST(ClapAudioTowerTest, RefusesFeaturesOfAnotherShape) {
  Checkpoint checkpoint(tiny_folder());
  const auto tower = tiny_tower(checkpoint);
  EXPECT_THROW(tower.forward(at::zeros({1, 1, 129, 8})), Error);
  EXPECT_THROW(tower.forward(at::zeros({1, 1, 100, 9})), Error);
  EXPECT_THROW(tower.forward(at::zeros({1, 1, 0, 8})), Error);
  EXPECT_THROW(tower.forward(at::zeros({1, 4, 100, 8})), Error);
}

TEST(ClapAudioConfigTest, TakesTheDefaultsOfTheReference) {
  const auto config = parse(Json::object());
  EXPECT_EQ(config.frames(), 1024);
  EXPECT_EQ(config.hidden_size(), 768);
  EXPECT_EQ(config.grid(3), 8);
}

TEST(ClapAudioConfigTest, RefusesWhatIsAbsurdOrNotImplemented) {
  const std::vector<std::pair<const char*, Json>> wrong = {
      {"fusion_type", "channel_map"},
      {"enable_fusion", 1},
      {"aff_block_r", 0},
      {"qkv_bias", false},
      {"hidden_act", "mystery"},
      {"hidden_size", 17},
      {"window_size", 3},   // no divisor of the grid
      {"num_mel_bins", 7},  // no divisor of the picture
      {"num_mel_bins", 0},
      {"spec_size", 1'000'000},
      {"patch_stride", {4, 2}},
      {"patch_size", 5},  // patches that do not tile
      {"depths", Json::array()},
      {"depths", {2, 2, 2}},  // more than the heads speak of
      {"num_attention_heads", {3, 4}},
      {"patch_embeds_hidden_size", 1 << 20},
      {"mlp_ratio", -1},
      {"a_new_idea", 1},
  };
  for (const auto& [key, value] : wrong) {
    auto config = audio_config();
    config[key] = value;
    EXPECT_THROW(parse(config), Error) << key << " = " << value;
  }
}

}  // namespace
}  // namespace ogam
