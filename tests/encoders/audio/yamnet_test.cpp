#include "encoders/audio/yamnet.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "tests/support/golden.h"

namespace ogam {
namespace {

std::vector<float> samples_of(const test::Golden& golden, const std::string& clip) {
  const auto samples = (golden.tensor(clip + ".samples").to(at::kFloat) / 32768).contiguous();
  const auto* first = samples.const_data_ptr<float>();
  return {first, first + samples.numel()};
}

class YamnetTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Checkpoint checkpoint(test::pack_folder() / "models" / "yamnet");
    encoder_ = make_yamnet(checkpoint).audio;
  }
  static void TearDownTestSuite() { encoder_.reset(); }

  static const Yamnet& model() { return dynamic_cast<const Yamnet&>(*encoder_); }
  static std::string loudest_class(const std::vector<float>& clip) {
    return top_classes(model().probabilities(clip), model().config().labels, 1).at(0).name;
  }

  const test::Golden golden_ = test::Golden::open("yamnet");

 private:
  static inline std::shared_ptr<const AudioEncoder> encoder_;
};

TEST_F(YamnetTest, FrontEndMatchesReference) {
  const auto clip = samples_of(golden_, "speech");
  const auto patches = model().patches(clip, 0, model().patch_count(clip.size()));
  // The reference computes in double; near the floor the logarithm magnifies what floats round off.
  EXPECT_TRUE(test::all_close(patches.squeeze(1), golden_.tensor("speech.log_mel"),
                              {.atol = 5e-4, .rtol = 0}));
}

TEST_F(YamnetTest, NetworkMatchesReferenceOnRealWeights) {
  for (const auto& name : golden_.json().at("clips")) {
    const auto clip = samples_of(golden_, name.get<std::string>());
    const auto output = model().forward(model().patches(clip, 0, model().patch_count(clip.size())));
    const auto prefix = name.get<std::string>();
    SCOPED_TRACE(prefix);
    // Logits of sounds that are not there go down to -600.
    EXPECT_TRUE(test::all_close(output.logits, golden_.tensor(prefix + ".logits"),
                                {.atol = 2e-3, .rtol = 1e-4}));
    EXPECT_TRUE(test::all_close(at::sigmoid(output.logits),
                                at::sigmoid(golden_.tensor(prefix + ".logits")),
                                {.atol = 5e-4, .rtol = 0}));
    EXPECT_GE(test::cosine(output.embeddings, golden_.tensor(prefix + ".embeddings")), 0.99999);
  }
}

TEST_F(YamnetTest, HearsSpeechAndSilence) {
  EXPECT_EQ(loudest_class(samples_of(golden_, "speech")), "Speech");
  EXPECT_EQ(loudest_class(samples_of(golden_, "silence")), "Silence");
}

TEST_F(YamnetTest, PadsTheEndToFillTheLastPatch) {
  EXPECT_EQ(model().patch_count(1), 1);
  EXPECT_EQ(model().patch_count(15600), 1);
  EXPECT_EQ(model().patch_count(15601), 2);
  EXPECT_EQ(model().patch_count(15600 + 7680), 2);
  EXPECT_EQ(model().patch_count(15600 + 7681), 3);
}

TEST_F(YamnetTest, TakesALongClipInPartsWithoutChangingItsPatches) {
  auto clip = samples_of(golden_, "speech");
  for (int i = 0; i < 3; ++i) {
    clip.insert(clip.end(), clip.begin(), clip.begin() + 20000);
  }
  const auto count = model().patch_count(clip.size());
  const auto whole = model().patches(clip, 0, count);
  const auto part = model().patches(clip, 3, count - 3);
  EXPECT_TRUE(test::all_close(part, whole.slice(0, 3), {.atol = 1e-5, .rtol = 0}));
}

TEST_F(YamnetTest, GivesAClipTheSameBitsInAnyBatch) {
  const std::vector<std::vector<float>> clips = {samples_of(golden_, "noise"),
                                                 samples_of(golden_, "speech")};
  const auto together = model().encode(clips);
  const auto alone = model().encode(std::span(clips).subspan(1));
  for (std::size_t i = 0; i < together.size(); ++i) {
    EXPECT_TRUE(at::equal(together[i].vectors[1], alone[i].vectors[0])) << together[i].name;
    EXPECT_EQ(together[i].vectors.size(1), model().outputs()[i].dimension);
    EXPECT_TRUE(test::all_close(together[i].vectors.norm(2, 1), at::ones({2}), {.atol = 1e-5}));
  }
}

TEST_F(YamnetTest, RefusesEmptyClipsAndSamplesThatAreNotFinite) {
  const std::vector<std::vector<float>> empty(1);
  EXPECT_THROW(model().encode(empty), Error);
  std::vector<float> broken(16000, 0.0F);
  broken[8000] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(model().probabilities(broken), Error);
  broken[8000] = std::numeric_limits<float>::infinity();
  EXPECT_THROW(model().probabilities(broken), Error);
}

TEST_F(YamnetTest, RefusesMathematicsThatIsNotImplemented) {
  const auto config = read_json_file(test::pack_folder() / "models" / "yamnet" / "config.json");
  EXPECT_NO_THROW(YamnetConfig::parse(config, "config.json"));
  auto other = config;
  other["hidden_act"] = "relu6";
  EXPECT_THROW(YamnetConfig::parse(other, "config.json"), Error);
  other = config;
  other["sample_rate"] = 8000;
  EXPECT_THROW(YamnetConfig::parse(other, "config.json"), Error);
}

}  // namespace
}  // namespace ogam
