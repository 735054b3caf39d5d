#include "encoders/video/qwen3_vl_model.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <vector>

#include "core/base/error.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

std::vector<std::int64_t> ids_of(const at::Tensor& ids) {
  return {ids.data_ptr<std::int64_t>(), ids.data_ptr<std::int64_t>() + ids.numel()};
}

class Qwen3VlModelTest : public ::testing::Test {
 protected:
  Qwen3VlModelTest()
      : checkpoint_(test::source_folder() / "tests" / "golden" / "qwen3_vl_tiny"),
        golden_(test::Golden::open("qwen3_vl_tiny")),
        model_(checkpoint_) {
    const auto patches = golden_.tensor("levels").to(at::kFloat) / 127.5 - 1;
    media_ = {.ids = ids_of(golden_.tensor("media.ids")),
              .spans = {{.start = 2, .rows = 1, .columns = 2},
                        {.start = 7, .rows = 2, .columns = 1},
                        {.start = 12, .rows = 2, .columns = 1}},
              .media = {{patches.narrow(0, 0, 8), {.frames = 1, .rows = 2, .columns = 4}},
                        {patches.narrow(0, 8, 16), {.frames = 2, .rows = 4, .columns = 2}}}};
    words_ = {.ids = ids_of(golden_.tensor("words.ids")), .spans = {}, .media = {}};
  }

  Checkpoint checkpoint_;
  test::Golden golden_;
  Qwen3VlModel model_;
  Qwen3VlSequence media_;
  Qwen3VlSequence words_;
};

TEST_F(Qwen3VlModelTest, ReadsWordsPicturesAndVideosTogetherAsTheReferenceDoes) {
  const std::vector<Qwen3VlSequence> both = {words_, media_};
  const auto states = model_.last_states(both);
  for (const auto& [row, name] : {std::pair{0, "words.states"}, {1, "media.states"}}) {
    const auto expected = golden_.tensor(name)[-1];
    const auto largest = expected.abs().max().item<double>();
    EXPECT_TRUE(test::all_close(states[row], expected, {.atol = 1e-4 * largest, .rtol = 0}));
  }
}

TEST_F(Qwen3VlModelTest, TakesAllTensorsButTheHead) {
  EXPECT_THROW(checkpoint_.finish(), Error);
  checkpoint_.weights().ignore("lm_head");
  EXPECT_NO_THROW(checkpoint_.finish());
}

TEST_F(Qwen3VlModelTest, MediaThatDoNotFitTheirPlacesAreRefused) {
  auto without = media_;
  without.media.clear();
  auto fewer = media_;
  fewer.media.pop_back();
  auto elsewhere = media_;
  elsewhere.spans[2].start = 16;
  for (const auto& wrong : {without, fewer, elsewhere}) {
    EXPECT_THROW(model_.last_states({&wrong, 1}), Error);
  }
}

TEST_F(Qwen3VlModelTest, NoSequencesGiveNoRows) {
  EXPECT_EQ(model_.last_states({}).sizes().vec(), (std::vector<std::int64_t>{0, 32}));
}

TEST(Qwen3VlConfigTest, RefusesTowersThatDoNotFitTogether) {
  auto config = read_json_file(test::source_folder() / "tests/golden/qwen3_vl_tiny/config.json");
  EXPECT_NO_THROW(Qwen3VlConfig::parse(config, "config.json"));
  auto wider = config;
  wider["vision_config"]["out_hidden_size"] = 48;
  EXPECT_THROW(Qwen3VlConfig::parse(wider, "config.json"), Error);
  auto shallow = config;
  shallow["text_config"]["num_hidden_layers"] = 1;
  EXPECT_THROW(Qwen3VlConfig::parse(shallow, "config.json"), Error);
  auto unknown = config;
  unknown["audio_config"] = {{"hidden_size", 4}};
  EXPECT_THROW(Qwen3VlConfig::parse(unknown, "config.json"), Error);
}

}  // namespace
}  // namespace ogam
