#include "decoders/text/language_model.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/changed_model.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

std::filesystem::path folder_of(const std::string& name) {
  return test::source_folder() / "tests" / "golden" / name;
}

/// One of the tiny random models and what transformers makes of tokens with it.
class LanguageModelTest : public ::testing::TestWithParam<const char*> {
 protected:
  LanguageModelTest() : checkpoint_(folder_of(GetParam())), model_(checkpoint_) {}

  /// Within 1e-4 of the largest logit of the reference.
  static ::testing::AssertionResult close(const at::Tensor& actual, const at::Tensor& expected) {
    return test::all_close(actual, expected,
                           {.atol = 1e-4 * expected.abs().max().item<double>(), .rtol = 0});
  }
  at::Tensor tensor(const std::string& name) const {
    return golden_.tensor(std::string(GetParam()) + "." + name);
  }

  const c10::InferenceMode inference_;
  Checkpoint checkpoint_;
  LanguageModel model_;
  const test::Golden golden_ = test::Golden::open("language_models");
  const at::Tensor ids_ = tensor("ids");        // [2, 21]
  const at::Tensor logits_ = tensor("logits");  // [2, 21, vocab_size]
};

INSTANTIATE_TEST_SUITE_P(Types, LanguageModelTest,
                         ::testing::Values("gemma3_text_tiny", "exaone_moe_tiny", "axk1_tiny"),
                         [](const auto& instance) { return instance.param; });

TEST_P(LanguageModelTest, MatchesTheReferenceInOnePass) {
  EXPECT_TRUE(close(model_.forward({.ids = ids_}), logits_));
  EXPECT_TRUE(close(model_.forward({.ids = ids_, .last_only = true}), logits_.select(1, 20)));
}

TEST_P(LanguageModelTest, ReadsInPiecesAsInOnePass) {
  auto cache = model_.make_cache(2, 21);
  std::vector<at::Tensor> pieces;
  std::int64_t start = 0;
  for (const std::int64_t size : {3, 9, 1, 1, 6, 1}) {
    pieces.push_back(model_.forward({.ids = ids_.narrow(1, start, size), .cache = &cache}));
    start += size;
  }
  EXPECT_EQ(cache.length(), 21);
  EXPECT_TRUE(close(at::cat(pieces, 1), logits_));
}

TEST_P(LanguageModelTest, GoesOnFromWhereACacheWasCut) {
  auto cache = model_.make_cache(2, 8);
  model_.forward({.ids = ids_.narrow(1, 0, 8), .cache = &cache});
  cache.truncate(5);
  cache.reserve(21);
  EXPECT_TRUE(close(model_.forward({.ids = ids_.narrow(1, 5, 16), .cache = &cache}),
                    logits_.narrow(1, 5, 16)));
}

TEST_P(LanguageModelTest, PaddingAtEitherEndChangesNothing) {
  // The second row has but 14 tokens, between 3 slots of padding and 4.
  auto ids = ids_.clone();
  ids[1].narrow(0, 3, 14).copy_(ids_[1].narrow(0, 0, 14));
  auto real = at::ones({2, 21}, at::kBool);
  real[1].narrow(0, 0, 3).fill_(false);
  real[1].narrow(0, 17, 4).fill_(false);
  auto cache = model_.make_cache(2, 24);
  const auto logits = model_.forward({.ids = ids, .real = real, .cache = &cache});
  EXPECT_TRUE(close(logits[0], logits_[0]));
  EXPECT_TRUE(close(logits[1].narrow(0, 3, 14), logits_[1].narrow(0, 0, 14)));
  EXPECT_TRUE(
      close(model_.forward({.ids = ids, .real = real, .last_only = true})[1], logits_[1][13]));
  // What follows joins the tokens before the padding.
  const auto next = ids_.narrow(1, 14, 1);
  const auto further = model_.forward({.ids = next, .cache = &cache, .last_only = true});
  EXPECT_TRUE(close(further[1], logits_[1][14]));
}

TEST_P(LanguageModelTest, StaysNearInBfloat16) {
  Checkpoint rounded(folder_of(GetParam()), at::kBFloat16);
  const LanguageModel model(rounded);
  // A token that lies between two experts may take the other one: the reference's own bfloat16
  // reaches 0.9984 on axk1_tiny.
  const double least = std::string(GetParam()) == "gemma3_text_tiny" ? 0.999 : 0.997;
  EXPECT_GE(test::cosine(model.forward({.ids = ids_}), logits_), least);
}

TEST_P(LanguageModelTest, RefusesWhatItCannotRead) {
  const auto error_of = [&](const LanguageModel::Input& input) {
    try {
      model_.forward(input);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::internal;
  };
  constexpr auto kExpected = ErrorCode::invalid_argument;
  EXPECT_EQ(error_of({.ids = ids_[0]}), kExpected);
  EXPECT_EQ(error_of({.ids = at::zeros({1, 0}, at::kLong)}), kExpected);
  EXPECT_EQ(error_of({.ids = at::full({1, 2}, -1, at::kLong)}), kExpected);
  EXPECT_EQ(error_of({.ids = at::full({1, 2}, 1 << 20, at::kLong)}), kExpected);
  EXPECT_EQ(error_of({.ids = at::ones({1, 65}, at::kLong)}), kExpected);
  EXPECT_EQ(error_of({.ids = ids_, .real = at::ones({2, 20}, at::kBool)}), kExpected);
  EXPECT_EQ(error_of({.ids = ids_, .real = at::zeros({2, 21}, at::kBool), .last_only = true}),
            kExpected);
  auto small = model_.make_cache(2, 20);
  EXPECT_EQ(error_of({.ids = ids_, .cache = &small}), kExpected);
}

/// The error of loading a tiny model whose config.json was changed, with its message.
std::pair<ErrorCode, std::string> error_of_change(const char* name, const Json& change) {
  const test::ChangedModel model(name, "config.json", change);
  Checkpoint checkpoint(model.path());
  try {
    const LanguageModel loaded(checkpoint);
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
  return {ErrorCode::internal, "no error"};
}

TEST(LanguageModelConfigTest, NamesWhatIsWrongInOneError) {
  struct Wrong {
    const char* model;
    Json change;
    ErrorCode code;
    const char* named;
  };
  constexpr auto kCorrupt = ErrorCode::corrupt_data;
  constexpr auto kUnsupported = ErrorCode::unsupported;
  const Json unknown_rope = {{"full_attention", {{"rope_type", "longrope"}}}};
  const std::vector<Wrong> wrongs = {
      {"gemma3_text_tiny", {{"model_type", "gpt2"}}, kUnsupported, "exaone_moe"},
      {"gemma3_text_tiny", {{"hidden_size", 1 << 30}}, kCorrupt, "hidden_size"},
      {"gemma3_text_tiny", {{"hidden_size", 0}}, kCorrupt, "hidden_size"},
      {"gemma3_text_tiny", {{"hidden_size", 40}}, kCorrupt, "model.norm.weight"},
      {"gemma3_text_tiny",
       {{"num_hidden_layers", 500}, {"layer_types", nullptr}},
       kCorrupt,
       "num_hidden_layers"},
      {"gemma3_text_tiny",
       {{"layer_types", Json::array({"full_attention"})}},
       kCorrupt,
       "1 layers"},
      {"gemma3_text_tiny",
       {{"layer_types", Json::array({"full_attention", "full_attention", "linear_attention"})}},
       kUnsupported,
       "linear_attention"},
      {"gemma3_text_tiny", {{"num_key_value_heads", 3}}, kCorrupt, "3 heads"},
      {"gemma3_text_tiny", {{"head_dim", 7}}, kCorrupt, "size 7"},
      {"gemma3_text_tiny", {{"attn_logit_softcapping", 50.0}}, kUnsupported, "attn_logit"},
      {"gemma3_text_tiny",
       {{"use_bidirectional_attention", true}},
       kUnsupported,
       "use_bidirectional_attention"},
      {"gemma3_text_tiny", {{"rope_parameters", unknown_rope}}, kUnsupported, "longrope"},
      {"gemma3_text_tiny", {{"rope_scaling", {{"factor", 2.0}}}}, kUnsupported, "rope_scaling"},
      {"gemma3_text_tiny", {{"eos_token_id", 1000}}, kCorrupt, "eos_token_id"},
      {"gemma3_text_tiny", {{"a_new_key", 1}}, kUnsupported, "a_new_key"},
      {"gemma3_text_tiny", {{"tie_word_embeddings", false}}, kCorrupt, "lm_head.weight"},
      {"exaone_moe_tiny", {{"num_experts", 4000}}, kCorrupt, "4000 experts"},
      {"exaone_moe_tiny", {{"num_experts_per_tok", 7}}, kCorrupt, "takes 7"},
      {"exaone_moe_tiny", {{"n_group", 4}}, kCorrupt, "4 groups"},
      {"exaone_moe_tiny", {{"scoring_func", "softmax"}}, kUnsupported, "scoring_func"},
      {"axk1_tiny", {{"num_key_value_heads", 2}}, kUnsupported, "latent"},
      {"axk1_tiny", {{"v_head_dim", 10}}, kCorrupt, "kv_b_proj"},
  };
  for (const Wrong& wrong : wrongs) {
    const auto [code, message] = error_of_change(wrong.model, wrong.change);
    EXPECT_EQ(code, wrong.code) << wrong.change << ": " << message;
    EXPECT_NE(message.find(wrong.named), std::string::npos) << wrong.change << ": " << message;
  }
}

TEST(LanguageModelConfigTest, EndsOfTextAreThoseOfGenerationConfigFirst) {
  const auto ends_with = [](const Json& config, const Json& generation) {
    const test::ChangedModel model("gemma3_text_tiny", "config.json", config);
    std::ofstream(model.path() / "generation_config.json") << generation;
    Checkpoint checkpoint(model.path());
    return LanguageModel(checkpoint).eos_token_ids();
  };
  using Ids = std::vector<std::int64_t>;
  EXPECT_EQ(ends_with({{"eos_token_id", 4}}, {{"eos_token_id", {5, 6}}}), (Ids{5, 6}));
  EXPECT_EQ(ends_with({{"eos_token_id", {4, 7}}}, Json::object()), (Ids{4, 7}));
  // Left out, it is what the reference's configuration has.
  EXPECT_EQ(ends_with({{"eos_token_id", nullptr}}, Json::object()), (Ids{1}));
  EXPECT_THROW(ends_with(Json::object(), {{"eos_token_id", 99999}}), Error);
  EXPECT_THROW(ends_with(Json::object(), Json::array()), Error);
}

}  // namespace
}  // namespace ogam
