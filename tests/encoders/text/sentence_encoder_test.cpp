#include "encoders/text/sentence_encoder.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensor/safetensors_writer.h"
#include "core/tensor/weight_source.h"
#include "encoders/registry.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

namespace fs = std::filesystem;

constexpr test::Tolerance kClose = {.atol = 1e-5, .rtol = 1e-4};

fs::path golden_folder(const std::string& name) {
  return test::source_folder() / "tests" / "golden" / name;
}

std::shared_ptr<const TextEncoder> open(const fs::path& folder,
                                        at::ScalarType precision = at::kFloat) {
  Checkpoint checkpoint(folder, precision);
  return make_encoders(checkpoint).text;
}

at::Tensor encode(const TextEncoder& encoder, const std::vector<std::string>& texts,
                  const std::string& prompt = "") {
  return encoder.encode(texts, prompt).at(0).vectors;
}

struct Model {
  std::string golden;
  std::vector<std::string> prompts;
};

class SentenceEncoderTest : public ::testing::TestWithParam<Model> {
 protected:
  static std::vector<std::string> texts() {
    return test::Golden::open(GetParam().golden).json().at("texts").get<std::vector<std::string>>();
  }
};

INSTANTIATE_TEST_SUITE_P(
    Models, SentenceEncoderTest,
    ::testing::Values(Model{"bert_tiny", {""}},
                      Model{"xlm_roberta_tiny", {"", "query", "document", "Classification"}},
                      Model{"modernbert_tiny", {"", "query", "document", "Clustering"}}),
    [](const auto& model) { return model.param.golden; });

TEST_P(SentenceEncoderTest, EmbeddingsMatchTheReference) {
  const auto golden = test::Golden::open(GetParam().golden);
  const auto encoder = open(golden_folder(GetParam().golden));
  for (const auto& prompt : GetParam().prompts) {
    const auto expected = golden.tensor("embedding." + (prompt.empty() ? "default" : prompt));
    EXPECT_EQ(encoder->outputs().at(0).dimension, expected.size(1));
    EXPECT_TRUE(test::all_close(encode(*encoder, texts(), prompt), expected, kClose)) << prompt;
  }
}

// Rounding to bfloat16 in every layer: cosine at least 0.999.
TEST_P(SentenceEncoderTest, HalfThePrecisionStaysNear) {
  const auto exact = encode(*open(golden_folder(GetParam().golden)), texts());
  const auto rounded = encode(*open(golden_folder(GetParam().golden), at::kBFloat16), texts());
  EXPECT_EQ(rounded.scalar_type(), at::kFloat);
  EXPECT_GE((exact * rounded).sum(1).min().item<float>(), 0.999F);
}

TEST_P(SentenceEncoderTest, RowDoesNotDependOnItsBatch) {
  const auto encoder = open(golden_folder(GetParam().golden));
  const auto together = encode(*encoder, texts());
  std::int64_t row = 0;
  for (const auto& text : texts()) {
    EXPECT_TRUE(test::all_close(encode(*encoder, {text})[0], together[row++], kClose)) << text;
  }
}

TEST_P(SentenceEncoderTest, MoreTextsThanABatchKeepTheirPlaces) {
  const auto encoder = open(golden_folder(GetParam().golden));
  const auto few = texts();
  const auto once = encode(*encoder, few);
  std::vector<std::string> many;
  for (int i = 0; i < 60; ++i) {
    many.insert(many.end(), few.begin(), few.end());
  }
  EXPECT_TRUE(test::all_close(encode(*encoder, many), once.repeat({60, 1}), kClose));
}

TEST_P(SentenceEncoderTest, NoTextsGiveNoRows) {
  const auto encoder = open(golden_folder(GetParam().golden));
  EXPECT_EQ(encode(*encoder, {}).sizes(), at::IntArrayRef({0, encoder->outputs().at(0).dimension}));
}

TEST_P(SentenceEncoderTest, TextsAreReadUpToTheLimit) {
  const auto encoder = open(golden_folder(GetParam().golden));
  std::string text;
  for (int i = 0; i < 500; ++i) {
    text += "the red car ";
  }
  EXPECT_TRUE(test::all_close(encode(*encoder, {text}), encode(*encoder, {text + "dog"}), kClose));
}

TEST_P(SentenceEncoderTest, UnknownPromptsAreRefused) {
  const auto encoder = open(golden_folder(GetParam().golden));
  EXPECT_THROW(encode(*encoder, {"text"}, "no such prompt"), Error);
  EXPECT_NO_THROW(encode(*encoder, {"text"}, std::string(kQueryPrompt)));
  EXPECT_NO_THROW(encode(*encoder, {"text"}, std::string(kDocumentPrompt)));
}

TEST_P(SentenceEncoderTest, BrokenTextIsRepaired) {
  const auto encoder = open(golden_folder(GetParam().golden));
  EXPECT_TRUE(encode(*encoder, {"\xFF\xFE red \xED\xA0\x80"}).isfinite().all().item<bool>());
}

/// A copy of a golden model whose files a test may change.
class ChangedModelTest : public ::testing::Test {
 protected:
  ChangedModelTest() {
    fs::copy(golden_folder("bert_tiny"), folder_.path(), fs::copy_options::recursive);
  }
  void write(const std::string& name, const Json& content) const {
    write_file_atomically(folder_ / name, dump_json(content));
  }
  void expect_refusal(ErrorCode code) const {
    try {
      open(folder_.path());
      FAIL() << "the model was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
    }
  }

  test::TemporaryFolder folder_;
};

TEST_F(ChangedModelTest, TheCopyItselfIsSound) { EXPECT_NO_THROW(open(folder_.path())); }

TEST_F(ChangedModelTest, EarlierNamesOfNormsAndStoredPositionsAreUnderstood) {
  const auto expected = encode(*open(folder_.path()), {"the red car"});
  std::map<std::string, at::Tensor> renamed = {
      {"bert.embeddings.position_ids", at::arange(128).unsqueeze(0)}};
  const auto weights = open_weights(folder_.path());
  for (const auto& info : weights->tensors()) {
    const auto scope = info.name.substr(0, info.name.rfind('.'));
    const bool is_weight = info.name.ends_with(".weight");
    renamed[scope.ends_with("LayerNorm") ? scope + (is_weight ? ".gamma" : ".beta") : info.name] =
        weights->load(info.name).clone();
  }
  save_safetensors(folder_ / "model.safetensors", renamed);
  EXPECT_TRUE(test::all_close(encode(*open(folder_.path()), {"the red car"}), expected, kClose));
}

TEST_F(ChangedModelTest, TokenizerOfALargerVocabularyIsRefused) {
  auto config = read_json_file(folder_ / "config.json");
  config["vocab_size"] = 7;
  write("config.json", config);
  expect_refusal(ErrorCode::corrupt_data);
}

TEST_F(ChangedModelTest, MissingTensorsAreNamed) {
  auto config = read_json_file(folder_ / "config.json");
  config["num_hidden_layers"] = 3;
  write("config.json", config);
  expect_refusal(ErrorCode::corrupt_data);
}

TEST_F(ChangedModelTest, MissingTokenizerIsNamed) {
  fs::remove(folder_ / "tokenizer.json");
  expect_refusal(ErrorCode::not_found);
}

TEST_F(ChangedModelTest, ImpossibleTextSettingsAreRefused) {
  for (const auto& [key, value] : std::vector<std::pair<std::string, Json>>{
           {"max_seq_length", 0}, {"max_seq_length", "long"}, {"do_lower_case", 3}}) {
    write("sentence_bert_config.json", {{key, value}});
    expect_refusal(ErrorCode::corrupt_data);
  }
  for (const auto& [key, value] : std::vector<std::pair<std::string, Json>>{
           {"transformer_task", "fill-mask"}, {"query_length", 32}}) {
    write("sentence_bert_config.json", {{key, value}});
    expect_refusal(ErrorCode::unsupported);
  }
}

TEST_F(ChangedModelTest, LimitsOfTheTokenizerHoldWhereThereAreNoOthers) {
  fs::remove(folder_ / "sentence_bert_config.json");
  auto config = read_json_file(folder_ / "tokenizer_config.json");
  config["model_max_length"] = 4;
  write("tokenizer_config.json", config);
  EXPECT_TRUE(test::all_close(encode(*open(folder_.path()), {"a b c d e"}),
                              encode(*open(folder_.path()), {"a b"}), kClose));
  config["model_max_length"] = 1e30;
  write("tokenizer_config.json", config);
  EXPECT_FALSE(test::all_close(encode(*open(folder_.path()), {"a b c d e"}),
                               encode(*open(folder_.path()), {"a b"}), kClose));
  config["model_max_length"] = -1;
  write("tokenizer_config.json", config);
  expect_refusal(ErrorCode::corrupt_data);
}

}  // namespace
}  // namespace ogam
