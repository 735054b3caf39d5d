#include "core/nn/sentence_modules.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/tensor/safetensors_writer.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSize = 4;
constexpr test::Tolerance kClose = {.atol = 1e-6, .rtol = 1e-5};

const std::string kTransformer =
    R"({"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"})";
const std::string kPooling =
    R"({"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"})";
const std::string kNormalize =
    R"({"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"})";
const std::string kDense =
    R"({"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"})";

/// A model's folder without a model.
class SentenceModulesTest : public ::testing::Test {
 protected:
  SentenceModulesTest() {
    write("config.json", "{}");
    save_safetensors(folder_ / "model.safetensors", {{"nothing", at::zeros({1})}});
  }

  void write(const fs::path& name, const std::string& content) const {
    fs::create_directories((folder_ / name).parent_path());
    write_file_atomically(folder_ / name, content);
  }

  void write_modules(const std::vector<std::string>& modules) const {
    std::string list;
    for (const auto& module : modules) {
      list += (list.empty() ? "[" : ", ") + module;
    }
    write("modules.json", list + "]");
    write("1_Pooling/config.json", R"({"word_embedding_dimension": 4, "pooling_mode": "cls"})");
  }

  void write_dense(const std::string& config,
                   const std::map<std::string, at::Tensor>& tensors) const {
    write("2_Dense/config.json", config);
    save_safetensors(folder_ / "2_Dense" / "model.safetensors", tensors);
  }

  SentenceModules open() const {
    Checkpoint checkpoint(folder_.path());
    return {checkpoint, {.hidden_size = kSize}};
  }

  static at::Tensor states() {
    return at::tensor({1., 2., 3., 4., -3., 0., 4., 2.}).view({1, 2, 4});
  }
  static at::Tensor at_unit_length(const at::Tensor& x) {
    return (x / x.norm()).to(at::kFloat).unsqueeze(0);
  }
  static at::Tensor run(const SentenceModules& modules) {
    return modules(states(), at::ones({1, 2}), 0);
  }

  test::TemporaryFolder folder_;
};

TEST_F(SentenceModulesTest, FolderWithoutModulesIsPooledByTheMean) {
  EXPECT_TRUE(test::all_close(run(open()), at_unit_length(at::tensor({-1., 1., 3.5, 3.})), kClose));
}

TEST_F(SentenceModulesTest, PoolingIsTheFoldersOwn) {
  write_modules({kTransformer, kPooling});
  EXPECT_TRUE(test::all_close(run(open()), at_unit_length(at::tensor({1., 2., 3., 4.})), kClose));
}

TEST_F(SentenceModulesTest, DenseAppliesItsActivation) {
  write_modules({kTransformer, kPooling, kDense});
  const auto weight = at::tensor({1., 0., 0., 0., 0., 0., 0., -1.}).view({2, 4}).to(at::kFloat);
  const auto bias = at::tensor({0.5, 0.}).to(at::kFloat);
  write_dense(R"({"in_features": 4, "out_features": 2, "bias": true,
                  "activation_function": "torch.nn.modules.activation.Tanh"})",
              {{"linear.weight", weight}, {"linear.bias", bias}});
  EXPECT_EQ(open().dimension(), 2);
  EXPECT_TRUE(test::all_close(run(open()), at_unit_length(at::tensor({1.5, -4.}).tanh()), kClose));
}

TEST_F(SentenceModulesTest, DenseMayAddWhatCameIn) {
  write_modules({kTransformer, kPooling, kDense, kNormalize});
  write_dense(R"({"in_features": 4, "out_features": 4, "bias": false, "use_residual": true,
                  "activation_function": "torch.nn.modules.linear.Identity"})",
              {{"linear.weight", at::eye(4)}});
  EXPECT_TRUE(test::all_close(run(open()), at_unit_length(at::tensor({1., 2., 3., 4.})), kClose));
  write_dense(R"({"in_features": 4, "out_features": 3, "bias": false, "use_residual": true,
                  "activation_function": "torch.nn.modules.linear.Identity"})",
              {{"linear.weight", at::eye(3, 4)}, {"residual.weight", at::eye(3, 4) * 2}});
  EXPECT_TRUE(test::all_close(run(open()), at_unit_length(at::tensor({1., 2., 3.})), kClose));
}

TEST_F(SentenceModulesTest, VectorsAreCutAndBroughtToLengthOneAgain) {
  write_modules({kTransformer, kPooling, kNormalize});
  write("config_sentence_transformers.json", R"({"truncate_dim": 2})");
  EXPECT_EQ(open().dimension(), 2);
  EXPECT_TRUE(test::all_close(run(open()), at_unit_length(at::tensor({1., 2.})), kClose));
  write("config_sentence_transformers.json", R"({"truncate_dim": 100})");
  EXPECT_EQ(open().dimension(), kSize);
}

TEST_F(SentenceModulesTest, VectorsMayBeCutFurtherWhereTheModelWasTrainedForIt) {
  EXPECT_EQ(open().min_dimension(), 0);
  const auto of_a_kind = [&](std::int64_t fewest) {
    Checkpoint checkpoint(folder_.path());
    return SentenceModules(checkpoint, {.hidden_size = kSize, .min_dimension = fewest})
        .min_dimension();
  };
  EXPECT_EQ(of_a_kind(2), 2);
  EXPECT_EQ(of_a_kind(kSize), 0);
  write("config.json", R"({"model_type": "bert", "matryoshka_dimensions": [4, 3, 1]})");
  EXPECT_EQ(open().min_dimension(), 1);
  EXPECT_EQ(of_a_kind(2), 1);
  write("config_sentence_transformers.json", R"({"truncate_dim": 1})");
  EXPECT_EQ(open().min_dimension(), 0);
  write("config.json", R"({"model_type": "bert", "matryoshka_dimensions": []})");
  EXPECT_THROW(open(), Error);
}

TEST_F(SentenceModulesTest, SimilaritiesThatOrderOtherwiseAreRefused) {
  write_modules({kTransformer, kPooling, kNormalize});
  write("config_sentence_transformers.json", R"({"similarity_fn_name": "dot"})");
  EXPECT_NO_THROW(open());
  write("config_sentence_transformers.json", R"({"similarity_fn_name": "manhattan"})");
  EXPECT_THROW(open(), Error);
  write("config_sentence_transformers.json", R"({"similarity_fn_name": "dot", "truncate_dim": 2})");
  EXPECT_THROW(open(), Error);
  write_modules({kTransformer, kPooling});
  write("config_sentence_transformers.json", R"({"similarity_fn_name": "dot"})");
  EXPECT_THROW(open(), Error);
}

TEST_F(SentenceModulesTest, ListsOfModulesThatItCannotRunAreRefused) {
  const auto type = [](const std::string& name) {
    return R"({"path": "2_X", "type": ")" + name + R"("})";
  };
  const std::vector<std::vector<std::string>> lists = {
      {kTransformer},
      {kPooling, kTransformer},
      {kTransformer, kNormalize},
      {kTransformer, kPooling, type("sentence_transformers.models.LSTM")},
      {kTransformer, kPooling, type("os.system")},
      {kTransformer, kPooling, kPooling},
      {kTransformer, R"({"path": "../1_Pooling", "type": "sentence_transformers.models.Pooling"})"},
      {kTransformer, R"({"path": "..", "type": "sentence_transformers.models.Pooling"})"},
      {kTransformer, R"({"path": "/tmp", "type": "sentence_transformers.models.Pooling"})"},
      {kTransformer, R"({"path": "missing", "type": "sentence_transformers.models.Pooling"})"},
      {R"({"path": "0_Transformer", "type": "sentence_transformers.models.Transformer"})",
       kPooling},
      {kTransformer, kPooling, R"({"path": 3, "type": "sentence_transformers.models.Dense"})"},
      {kTransformer, kPooling, "7"},
      std::vector<std::string>(100, kTransformer),
  };
  for (const auto& list : lists) {
    write_modules(list);
    EXPECT_THROW(open(), Error) << list.back();
  }
  write("modules.json", "{}");
  EXPECT_THROW(open(), Error);
}

TEST_F(SentenceModulesTest, DenseThatDoesNotFitIsRefused) {
  write_modules({kTransformer, kPooling, kDense});
  const std::map<std::string, at::Tensor> tensors = {{"linear.weight", at::zeros({2, 4})},
                                                     {"linear.bias", at::zeros({2})}};
  const std::vector<std::string> configs = {
      R"({"in_features": 5, "out_features": 2})",
      R"({"in_features": 4, "out_features": 3})",
      R"({"in_features": 4, "out_features": 1000000000000})",
      R"({"in_features": 4, "out_features": 2, "bias": false})",
      R"({"in_features": 4, "out_features": 2, "activation_function": "os.system"})",
      R"({"in_features": 4, "out_features": 2, "module_input_name": "token_embeddings"})",
      R"({"in_features": 4, "out_features": 2, "use_residual": true})",
      R"({"in_features": 4, "out_features": 2, "gate": 0.5})",
  };
  for (const auto& config : configs) {
    write_dense(config, tensors);
    EXPECT_THROW(open(), Error) << config;
  }
}

TEST_F(SentenceModulesTest, SettingsThatMakeNoSenseAreRefused) {
  for (const auto* const settings :
       {R"({"truncate_dim": 0})", R"({"prompts": {"query": 3}})", R"({"prompts": ["query"]})",
        R"({"default_prompt_name": "query"})", R"({"model_type": "SparseEncoder"})",
        R"({"rescore": true})", R"([1])", "{"}) {
    write("config_sentence_transformers.json", settings);
    EXPECT_THROW(open(), Error) << settings;
  }
}

class PromptsTest : public ::testing::Test {
 protected:
  static Prompts prompts(const std::string& config) {
    const auto json = Json::parse(config);
    return Prompts(ConfigReader(json, "config_sentence_transformers.json"));
  }
};

TEST_F(PromptsTest, EveryNameFindsItsText) {
  const auto known =
      prompts(R"({"prompts": {"query": "query: ", "document": "title: ", "STS": "sts | ",
      "none": null}, "default_prompt_name": "STS"})");
  EXPECT_EQ(known.text(kQueryPrompt), "query: ");
  EXPECT_EQ(known.text(kDocumentPrompt), "title: ");
  EXPECT_EQ(known.text("STS"), "sts | ");
  EXPECT_EQ(known.text("none"), "");
  EXPECT_EQ(known.text(""), "sts | ");
}

TEST_F(PromptsTest, ModelsThatSpeakOfPassagesHaveDocumentsToo) {
  EXPECT_EQ(prompts(R"({"prompts": {"passage": "passage: "}})").text(kDocumentPrompt), "passage: ");
  EXPECT_EQ(prompts(R"({"prompts": {"corpus": "corpus: "}})").text(kDocumentPrompt), "corpus: ");
  EXPECT_EQ(
      prompts(R"({"prompts": {"passage": "passage: ", "document": ""}})").text(kDocumentPrompt),
      "");
}

TEST_F(PromptsTest, ModelsWithoutPromptsWriteNothing) {
  for (const auto& none : {Prompts(), prompts("{}")}) {
    EXPECT_EQ(none.text(""), "");
    EXPECT_EQ(none.text(kQueryPrompt), "");
    EXPECT_EQ(none.text(kDocumentPrompt), "");
  }
}

TEST_F(PromptsTest, UnknownNamesAreRefusedWithAListOfTheKnown) {
  try {
    prompts(R"({"prompts": {"STS": "sts | "}})").text("Clustering");
    FAIL() << "an unknown name was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_NE(std::string(error.what()).find("STS"), std::string::npos);
  }
}

}  // namespace
}  // namespace ogam
