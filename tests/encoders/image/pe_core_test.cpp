#include "encoders/image/pe_core.h"

#include "core/tensor/checkpoint.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

constexpr test::Tolerance kClose = {.atol = 1e-5, .rtol = 1e-4};

std::filesystem::path tiny_folder() {
  return test::source_folder() / "tests" / "golden" / "pe_tiny";
}

Json vision_config() {
  return read_json_file(tiny_folder() / "config.json")
      .at("audio_video_config")
      .at("video_config")
      .at("vision_config");
}

PeCoreConfig parse(const Json& config) {
  return PeCoreConfig::parse(ConfigReader(config, "config.json"));
}

PeCoreVision tiny_tower(Checkpoint& checkpoint) {
  return {checkpoint.weights("video_model.video_encoder.embedder.vision_model.timm_model."),
          parse(vision_config())};
}

TEST(PeCoreVisionTest, MatchesReference) {
  const auto golden = test::Golden::open("pe_tiny");
  Checkpoint checkpoint(tiny_folder());
  const auto vectors = tiny_tower(checkpoint).forward(golden.tensor("pixels"));
  EXPECT_TRUE(test::all_close(vectors, golden.tensor("pictures"), kClose));
}

TEST(PeCoreVisionTest, AnItemDoesNotDependOnItsBatch) {
  const auto pixels = test::Golden::open("pe_tiny").tensor("pixels");
  Checkpoint checkpoint(tiny_folder());
  const auto tower = tiny_tower(checkpoint);
  EXPECT_TRUE(test::all_close(tower.forward(pixels.narrow(0, 1, 1)),
                              tower.forward(pixels).narrow(0, 1, 1), kClose));
}

TEST(PeCoreVisionTest, RefusesPicturesOfAnotherSize) {
  Checkpoint checkpoint(tiny_folder());
  const auto tower = tiny_tower(checkpoint);
  EXPECT_THROW(tower.forward(at::zeros({1, 3, 8, 9})), Error);
  EXPECT_THROW(tower.forward(at::zeros({1, 1, 8, 8})), Error);
}

TEST(PeCoreConfigTest, KnowsWhatTheArchitectureStandsFor) {
  const auto config = parse({{"architecture", "vit_pe_core_large_patch14_336"}});
  EXPECT_EQ(config.embed_dim, 1024);
  EXPECT_EQ(config.grid(), 24);
  EXPECT_EQ(config.num_classes, 1024);
}

TEST(PeCoreConfigTest, RefusesWhatIsAbsurdOrNotImplemented) {
  const std::vector<std::pair<const char*, Json>> wrong = {
      {"architecture", "resnet50"},
      {"global_pool", "avg"},
      {"num_labels", 0},
      {"model_args", {{"img_size", {8, 12}}}},
      {"model_args", {{"img_size", 9}}},
      {"model_args", {{"embed_dim", 20}}},
      {"model_args", {{"depth", 1'000'000}}},
      {"model_args", {{"qk_norm", true}}},
      {"model_args", "none"},
      {"a_new_idea", 1},
  };
  for (const auto& [key, value] : wrong) {
    auto config = vision_config();
    if (value.is_object()) {
      config[key].update(value);
    } else {
      config[key] = value;
    }
    EXPECT_THROW(parse(config), Error) << key << " = " << value;
  }
}

}  // namespace
}  // namespace ogam
