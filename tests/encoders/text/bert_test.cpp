#include "encoders/text/bert.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "encoders/text/xlm_roberta.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

constexpr test::Tolerance kClose = {.atol = 1e-5, .rtol = 1e-4};

/// A model that is built like BERT, and how its config.json is read.
struct Family {
  std::string golden;
  std::string prefix;
  BertConfig (*parse)(const ConfigReader&);
};

class BertTest : public ::testing::TestWithParam<Family> {
 protected:
  static std::filesystem::path folder() {
    return test::source_folder() / "tests" / "golden" / GetParam().golden;
  }
  static BertConfig config(const Json& json) { return GetParam().parse({json, "config.json"}); }
  static BertModel tiny_model() {
    Checkpoint checkpoint(folder());
    return {config(checkpoint.config()), checkpoint.weights(GetParam().prefix)};
  }
};

INSTANTIATE_TEST_SUITE_P(Families, BertTest,
                         ::testing::Values(Family{"bert_tiny", "bert.", &BertConfig::parse},
                                           Family{"xlm_roberta_tiny", "",
                                                  &parse_xlm_roberta_config}),
                         [](const auto& family) { return family.param.golden; });

TEST_P(BertTest, StatesMatchTheReference) {
  const auto golden = test::Golden::open(GetParam().golden);
  const auto mask = golden.tensor("mask");
  const auto states = tiny_model().forward(golden.tensor("ids"), mask);
  EXPECT_TRUE(test::all_close(states * mask.unsqueeze(-1), golden.tensor("states"), kClose));
}

TEST_P(BertTest, StatesWithoutAMaskAreThoseOfWholeTexts) {
  const auto golden = test::Golden::open(GetParam().golden);
  const auto model = tiny_model();
  const auto lengths = golden.tensor("mask").sum(1);
  for (std::int64_t i = 0; i < lengths.size(0); ++i) {
    const auto length = lengths[i].item<std::int64_t>();
    const auto states = model.forward(golden.tensor("ids").narrow(0, i, 1).narrow(1, 0, length));
    EXPECT_TRUE(
        test::all_close(states[0], golden.tensor("states")[i].narrow(0, 0, length), kClose));
  }
}

TEST_P(BertTest, MoreTokensThanPositionsAreRefused) {
  const auto model = tiny_model();
  const auto most = config(Checkpoint(folder()).config()).max_tokens();
  EXPECT_NO_THROW(model.forward(at::full({1, most}, 5, at::kLong)));
  EXPECT_THROW(model.forward(at::full({1, most + 1}, 5, at::kLong)), Error);
  EXPECT_THROW(model.forward(at::full({1, 1}, 1'000'000, at::kLong)), Error);
}

TEST_P(BertTest, ImpossibleConfigurationsAreRefused) {
  const auto good = Checkpoint(folder()).config();
  const std::vector<std::pair<std::string, Json>> changes = {
      {"vocab_size", 0},
      {"hidden_size", 1'000'000'000},
      {"num_hidden_layers", -1},
      {"intermediate_size", "wide"},
      {"layer_norm_eps", 2},
      {"hidden_act", "mish"},
      {"is_decoder", true},
      {"add_cross_attention", true},
      {"position_embedding_type", "relative_key"},
      {"embedding_size", 16},
  };
  for (const auto& [key, value] : changes) {
    auto json = good;
    json[key] = value;
    EXPECT_THROW(config(json), Error) << key << value;
  }
}

TEST_P(BertTest, HeadsThatDoNotDivideTheSizeAreRefused) {
  Checkpoint checkpoint(folder());
  auto parsed = config(checkpoint.config());
  parsed.num_attention_heads = 5;
  EXPECT_THROW(BertModel(parsed, checkpoint.weights(GetParam().prefix)), Error);
}

TEST_P(BertTest, WeightsOfAnotherSizeAreRefused) {
  Checkpoint checkpoint(folder());
  auto parsed = config(checkpoint.config());
  parsed.type_vocab_size += 1;
  parsed.num_hidden_layers += 1;
  const BertModel model(parsed, checkpoint.weights(GetParam().prefix));
  EXPECT_THROW(checkpoint.finish(), Error);
}

TEST(XlmRobertaConfigTest, PositionsBeginBehindThePaddingToken) {
  const auto json = Json::parse(R"({"max_position_embeddings": 514, "pad_token_id": 1})");
  const auto config = parse_xlm_roberta_config({json, "config.json"});
  EXPECT_EQ(config.padding_id, 1);
  EXPECT_EQ(config.max_tokens(), 512);
}

TEST(XlmRobertaConfigTest, ATableWithoutRoomForATokenIsRefused) {
  for (const auto* const text : {R"({"max_position_embeddings": 2, "pad_token_id": 1})",
                                 R"({"vocab_size": 10, "pad_token_id": 10})"}) {
    const auto json = Json::parse(text);
    EXPECT_THROW(parse_xlm_roberta_config({json, "config.json"}), Error) << text;
  }
}

}  // namespace
}  // namespace ogam
