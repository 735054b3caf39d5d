#include "encoders/audio/clap.h"

#include "encoders/registry.h"
#include "tests/support/changed_model.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

constexpr test::Tolerance kClose = {.atol = 2e-5, .rtol = 1e-4};
constexpr double kRounded = 0.999;  // least cosine in bfloat16

Encoders open(const std::filesystem::path& folder, at::ScalarType precision = at::kFloat) {
  Checkpoint checkpoint(folder, precision);
  return make_encoders(checkpoint);
}

std::filesystem::path tiny_folder() {
  return test::source_folder() / "tests" / "golden" / "clap_tiny";
}

std::vector<float> values(const at::Tensor& tensor) {
  const auto* const first = tensor.const_data_ptr<float>();
  return {first, first + tensor.numel()};
}

std::vector<std::string> texts() { return {"a red car on the road", "빨간 자동차", ""}; }

TEST(ClapTest, VectorsOfTextsMatchTheReference) {
  const auto output = open(tiny_folder()).text->encode(texts(), kQueryPrompt);
  ASSERT_EQ(output.size(), 1);
  EXPECT_EQ(output[0].name, "embedding");
  EXPECT_TRUE(
      test::all_close(output[0].vectors, test::Golden::open("clap_tiny").tensor("text"), kClose));
}

TEST(ClapTest, VectorsOfSoundsMatchTheReference) {
  const auto golden = test::Golden::open("clap_tiny");
  const std::vector<std::vector<float>> clips = {values(golden.tensor("clip"))};
  const auto output = open(tiny_folder()).audio->encode(clips);
  EXPECT_TRUE(test::all_close(output[0].vectors, golden.tensor("audio").narrow(0, 0, 1), kClose));
}

TEST(ClapTest, VectorsInBfloat16StayNear) {
  const auto golden = test::Golden::open("clap_tiny");
  const auto encoders = open(tiny_folder(), at::kBFloat16);
  const std::vector<std::vector<float>> clips = {values(golden.tensor("clip"))};
  const auto sound = encoders.audio->encode(clips)[0].vectors;
  EXPECT_EQ(sound.scalar_type(), at::kFloat);
  EXPECT_GT(test::cosine(sound[0], golden.tensor("audio")[0]), kRounded);
  const auto text = encoders.text->encode(texts(), "")[0].vectors;
  for (std::int64_t i = 0; i < text.size(0); ++i) {
    EXPECT_GT(test::cosine(text[i], golden.tensor("text")[i]), kRounded) << i;
  }
}

TEST(ClapTest, AClipDoesNotDependOnItsNeighbours) {
  const auto clip = values(test::Golden::open("clap_tiny").tensor("clip"));
  std::vector<std::vector<float>> clips(6, clip);
  clips[1].resize(100);
  clips[2] = std::vector<float>(clip.rbegin(), clip.rend());
  const auto encoders = open(tiny_folder());
  const auto together = encoders.audio->encode(clips)[0].vectors;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto alone = encoders.audio->encode(std::span(clips).subspan(i, 1))[0].vectors;
    EXPECT_TRUE(
        test::all_close(together.narrow(0, static_cast<std::int64_t>(i), 1), alone, kClose));
  }
}

TEST(ClapTest, NothingGivesNoRows) {
  const auto encoders = open(tiny_folder());
  EXPECT_EQ(encoders.audio->encode({})[0].vectors.sizes(), at::IntArrayRef({0, 24}));
  EXPECT_EQ(encoders.text->encode({}, "")[0].vectors.sizes(), at::IntArrayRef({0, 24}));
}

TEST(ClapTest, ALongTextIsCutToThePositionsOfTheModel) {
  const auto encoders = open(tiny_folder());
  const std::string word = "dog ";
  std::string longer;
  for (int i = 0; i < 200; ++i) {
    longer += word;
  }
  const std::vector<std::string> both = {longer, longer + longer};
  const auto vectors = encoders.text->encode(both, "")[0].vectors;
  EXPECT_TRUE(test::all_close(vectors[0], vectors[1], kClose));
}

TEST(ClapTest, AnUnknownPromptAnEmptySoundAndNoNumbersAreRefused) {
  const auto encoders = open(tiny_folder());
  EXPECT_THROW(encoders.text->encode(texts(), "summary"), Error);
  const std::vector<std::vector<float>> empty = {{}};
  EXPECT_THROW(encoders.audio->encode(empty), Error);
  const std::vector<std::vector<float>> broken = {{0.5F, std::nanf(""), 0.0F}};
  EXPECT_THROW(encoders.audio->encode(broken), Error);
}

TEST(ClapTest, KeysOfOlderFilesAreUnderstood) {
  const Json section = {{"is_decoder", false},
                        {"add_cross_attention", false},
                        {"tie_encoder_decoder", false},
                        {"tie_word_embeddings", true},
                        {"fusion_num_hidden_layers", 2}};
  Json change = {{"text_config", section},
                 {"audio_config", section},
                 {"tie_encoder_decoder", false},
                 {"fusion_num_hidden_layers", 2}};
  change["text_config"]["position_embedding_type"] = "absolute";
  change["text_config"]["fusion_hidden_size"] = 768;
  change["audio_config"]["projection_hidden_size"] = 768;
  change["audio_config"]["enable_patch_fusion"] = true;
  const test::ChangedModel model("clap_tiny", "config.json", change);
  const auto output = open(model.path()).text->encode(texts(), "");
  EXPECT_TRUE(
      test::all_close(output[0].vectors, test::Golden::open("clap_tiny").tensor("text"), kClose));
}

TEST(ClapTest, ConfigurationsThatDoNotFitAreRefused) {
  const std::vector<std::pair<const char*, Json>> changes = {
      {"config.json", {{"projection_dim", 25}}},  // not what the weights have
      {"config.json", {{"projection_hidden_act", "mystery"}}},
      {"config.json", {{"text_config", {{"hidden_size", 15}}}}},
      {"config.json", {{"text_config", {{"num_attention_heads", 3}}}}},
      {"config.json", {{"text_config", {{"num_hidden_layers", 3}}}}},
      {"config.json", {{"audio_config", {{"enable_fusion", true}}}}},
      {"config.json", {{"audio_config", 5}}},
      {"config.json", {{"a_new_idea", 1}}},
      {"processor_config.json", {{"feature_extractor", {{"feature_size", 9}}}}},
      {"processor_config.json", {{"feature_extractor", {{"max_length_s", 100}}}}},
      {"processor_config.json", {{"feature_extractor", {{"truncation", "fusion"}}}}},
      {"processor_config.json",
       {{"feature_extractor", {{"truncation", "fusion"}, {"feature_size", 64}}}}},
  };
  for (const auto& [file, change] : changes) {
    const test::ChangedModel model("clap_tiny", file, change);
    EXPECT_THROW(open(model.path()), Error) << file << change;
  }
}

}  // namespace
}  // namespace ogam
