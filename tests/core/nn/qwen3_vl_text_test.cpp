#include "core/nn/qwen3_vl_text.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/error.h"
#include "core/nn/config_reader.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

// Of the largest element of the reference.
constexpr double kTolerance = 1e-4;

::testing::AssertionResult equals_reference(const at::Tensor& actual, const at::Tensor& expected) {
  const auto largest = expected.abs().max().item<double>();
  return test::all_close(actual, expected, {.atol = kTolerance * largest, .rtol = 0});
}

class Qwen3VlTextTest : public ::testing::Test {
 protected:
  Qwen3VlTextTest()
      : checkpoint_(test::source_folder() / "tests" / "golden" / "qwen3_vl_tiny"),
        golden_(test::Golden::open("qwen3_vl_tiny")),
        model_(Qwen3VlTextConfig::parse(
                   ConfigReader(checkpoint_.config().at("text_config"), "text_config")),
               checkpoint_.weights("model.language_model.")) {}

  Checkpoint checkpoint_;
  test::Golden golden_;
  Qwen3VlText model_;
};

TEST_F(Qwen3VlTextTest, ReadsWordsAsTheReferenceDoes) {
  const auto ids = golden_.tensor("words.ids");
  const auto states = model_({.embeddings = model_.embed(ids).unsqueeze(0),
                              .positions = multimodal_positions(ids.size(0), {}).unsqueeze(1)});
  EXPECT_TRUE(equals_reference(states[0], golden_.tensor("words.states")));
}

TEST_F(Qwen3VlTextTest, ReadsSoftTokensAtPositionsOnThreeAxesAsTheReferenceDoes) {
  const auto states = model_({.embeddings = golden_.tensor("soft.embeddings"),
                              .positions = golden_.tensor("soft.positions")});
  const auto expected = golden_.tensor("soft.states");
  EXPECT_TRUE(equals_reference(states, expected));
  EXPECT_TRUE(
      equals_reference(last_tokens(states, std::vector<std::int64_t>{4}), expected.select(1, 3)));
}

TEST_F(Qwen3VlTextTest, TokensThatComeInPiecesThroughTheCachesSeeWhatTheyWouldTogether) {
  const auto embeddings = golden_.tensor("soft.embeddings");
  const auto positions = golden_.tensor("soft.positions");
  auto caches = model_.make_caches(1, 9);
  std::vector<at::Tensor> pieces;
  std::int64_t done = 0;
  for (const std::int64_t count : {4, 1, 4}) {
    pieces.push_back(model_({.embeddings = embeddings.narrow(1, done, count),
                             .positions = positions.narrow(2, done, count),
                             .caches = caches}));
    done += count;
  }
  EXPECT_TRUE(equals_reference(at::cat(pieces, 1), golden_.tensor("soft.states")));
}

TEST_F(Qwen3VlTextTest, PaddingAtTheEndChangesNothing) {
  const auto embeddings = golden_.tensor("soft.embeddings");
  const auto positions = golden_.tensor("soft.positions");
  const auto padded = model_({.embeddings = at::constant_pad_nd(embeddings, {0, 0, 0, 3}, 9.0),
                              .positions = at::constant_pad_nd(positions, {0, 3}, 0)});
  EXPECT_TRUE(equals_reference(padded.narrow(1, 0, 9), golden_.tensor("soft.states")));
}

TEST_F(Qwen3VlTextTest, InputsThatDoNotFitAreRefused) {
  const auto embeddings = golden_.tensor("soft.embeddings");
  const auto positions = golden_.tensor("soft.positions");
  const std::vector<at::Tensor> features(3, at::zeros({1, 32}));
  EXPECT_THROW(model_({.embeddings = embeddings[0], .positions = positions}), Error);
  EXPECT_THROW(model_({.embeddings = embeddings, .positions = positions[0]}), Error);
  EXPECT_THROW(model_({.embeddings = embeddings, .positions = positions, .deepstack = features}),
               Error);
  const auto longest = model_.config().max_position_embeddings;
  EXPECT_THROW(model_({.embeddings = at::zeros({1}).expand({1, longest + 1, 32}),
                       .positions = at::zeros({1}, at::kLong).expand({3, 1, longest + 1})}),
               Error);
  EXPECT_THROW(model_.embed(at::tensor({model_.config().vocab_size}, at::kLong)), Error);
}

TEST(MultimodalPositionsTest, EqualTheReferenceWherePicturesStandBetweenWords) {
  const auto golden = test::Golden::open("qwen3_vl_tiny");
  const std::vector<VisualSpan> spans = {{.start = 2, .rows = 1, .columns = 2},
                                         {.start = 7, .rows = 2, .columns = 1},
                                         {.start = 12, .rows = 2, .columns = 1}};
  EXPECT_TRUE(at::equal(multimodal_positions(17, spans), golden.tensor("media.positions")));
}

TEST(MultimodalPositionsTest, SpansThatOverlapOrLeaveTheSequenceAreRefused) {
  const std::vector<std::vector<VisualSpan>> wrong = {
      {{.start = 3, .rows = 2, .columns = 1}},
      {{.start = 1, .rows = 1, .columns = 2}, {.start = 2, .rows = 1, .columns = 1}},
      {{.start = 0, .rows = 0, .columns = 4}}};
  for (const auto& spans : wrong) {
    EXPECT_THROW(multimodal_positions(4, spans), Error);
  }
}

class Qwen3VlTextConfigTest : public ::testing::Test {
 protected:
  /// The code of the error that a changed configuration gives; none where it is read.
  static std::optional<ErrorCode> error_of(const std::function<void(Json&)>& change) {
    auto config = parse_json(R"({"vocab_size": 64, "hidden_size": 32, "intermediate_size": 24,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16,
        "rope_parameters": {"rope_type": "default", "mrope_section": [4, 2, 2]}})",
                             "config.json");
    change(config);
    try {
      Qwen3VlTextConfig::parse(ConfigReader(config, "config.json"));
      return std::nullopt;
    } catch (const Error& error) {
      return error.code();
    }
  }
};

TEST_F(Qwen3VlTextConfigTest, ReadsTheKeysOfEarlierFiles) {
  const auto config = parse_json(R"({"head_dim": 16, "rope_theta": 77, "num_attention_heads": 6,
      "num_key_value_heads": null,
      "rope_scaling": {"type": "default", "mrope_interleaved": true, "mrope_section": [4, 2, 2]}})",
                                 "config.json");
  const auto parsed = Qwen3VlTextConfig::parse(ConfigReader(config, "config.json"));
  EXPECT_EQ(parsed.rope_theta, 77);
  EXPECT_EQ(std::get<GroupedAttention::Config>(parsed.layer.attention).key_value_heads, 6);
  EXPECT_EQ(parsed.vocab_size, 151936);
}

TEST_F(Qwen3VlTextConfigTest, RefusesAMissingSectionOfThePositions) {
  EXPECT_EQ(error_of([](Json& config) { config["rope_parameters"].erase("mrope_section"); }),
            ErrorCode::unsupported);
  EXPECT_EQ(error_of([](Json& config) { config.erase("rope_parameters"); }),
            ErrorCode::unsupported);
}

TEST_F(Qwen3VlTextConfigTest, RefusesWhatIsNotImplemented) {
  EXPECT_EQ(error_of([](Json&) {}), std::nullopt);
  EXPECT_EQ(error_of([](Json& config) { config["hidden_act"] = "mish"; }), ErrorCode::unsupported);
  EXPECT_EQ(error_of([](Json& config) { config["sliding_window"] = 4; }), ErrorCode::unsupported);
  EXPECT_EQ(error_of([](Json& config) { config["rope_parameters"]["rope_type"] = "yarn"; }),
            ErrorCode::unsupported);
  EXPECT_EQ(error_of([](Json& config) { config["rope_parameters"]["mrope_interleaved"] = false; }),
            ErrorCode::unsupported);
}

TEST_F(Qwen3VlTextConfigTest, RefusesSectionsThatDoNotShareOutAHead) {
  const auto with_section = [](const std::vector<int>& section) {
    return error_of([&](Json& config) { config["rope_parameters"]["mrope_section"] = section; });
  };
  EXPECT_EQ(with_section({3, 3, 2}), std::nullopt);
  for (const std::vector<int>& section :
       {std::vector<int>{4, 2, 1}, {2, 3, 3}, {2, 2, 4}, {4, 4}, {8, 0, 0}}) {
    EXPECT_EQ(with_section(section), ErrorCode::corrupt_data) << Json(section).dump();
  }
}

TEST_F(Qwen3VlTextConfigTest, RefusesAbsurdSizes) {
  for (const auto* key : {"vocab_size", "hidden_size", "num_hidden_layers", "head_dim"}) {
    EXPECT_EQ(error_of([&](Json& config) { config[key] = std::int64_t{1} << 40; }),
              ErrorCode::corrupt_data)
        << key;
  }
}

TEST_F(Qwen3VlTextTest, RefusesHeadsThatDoNotDivide) {
  auto config = model_.config();
  std::get<GroupedAttention::Config>(config.layer.attention).key_value_heads = 3;
  EXPECT_THROW(Qwen3VlText(config, checkpoint_.weights("model.language_model.")), Error);
}

}  // namespace
}  // namespace ogam
