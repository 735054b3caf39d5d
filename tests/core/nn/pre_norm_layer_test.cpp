#include "core/nn/pre_norm_layer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "core/base/files.h"
#include "core/tensor/safetensors_writer.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

constexpr std::int64_t kSize = 8;
constexpr std::int64_t kWide = 12;

PreNormConfig parse(const Json& config) {
  return PreNormConfig::parse(ConfigReader(config, "config.json"), {.hidden_size = kSize,
                                                                    .intermediate_size = kWide,
                                                                    .num_hidden_layers = 2,
                                                                    .num_attention_heads = 2,
                                                                    .layer_norm_eps = 1e-6,
                                                                    .hidden_act = "gelu"});
}

/// Random weights of two layers.
std::map<std::string, at::Tensor> random_weights() {
  at::manual_seed(3);
  std::map<std::string, at::Tensor> tensors;
  for (const std::string layer : {"layers.0.", "layers.1."}) {
    const auto linear = [&](const std::string& name, std::int64_t out, std::int64_t in) {
      tensors[layer + name + ".weight"] = at::randn({out, in});
      tensors[layer + name + ".bias"] = at::randn({out});
    };
    for (const std::string name : {"q_proj", "k_proj", "v_proj", "out_proj"}) {
      linear("self_attn." + name, kSize, kSize);
    }
    linear("mlp.fc1", kWide, kSize);
    linear("mlp.fc2", kSize, kWide);
    for (const std::string name : {"layer_norm1", "layer_norm2"}) {
      tensors[layer + name + ".weight"] = at::randn({kSize});
      tensors[layer + name + ".bias"] = at::randn({kSize});
    }
  }
  return tensors;
}

class PreNormEncoderTest : public ::testing::Test {
 protected:
  PreNormEncoder encoder(const std::map<std::string, at::Tensor>& tensors) {
    write_file_atomically(folder_ / "config.json", R"({"model_type": "test"})");
    save_safetensors(folder_ / "model.safetensors", tensors);
    Checkpoint checkpoint(folder_.path());
    PreNormEncoder built(checkpoint.weights(), parse(Json::object()));
    checkpoint.finish();
    return built;
  }

 private:
  test::TemporaryFolder folder_;
};

TEST_F(PreNormEncoderTest, AddsNothingWhereTheLastProjectionsAreZero) {
  auto tensors = random_weights();
  for (auto& [name, tensor] : tensors) {
    if (name.find("out_proj") != std::string::npos || name.find("fc2") != std::string::npos) {
      tensor.zero_();
    }
  }
  const auto x = at::randn({2, 5, kSize});
  EXPECT_TRUE(test::all_close(encoder(tensors)(x), x));
}

TEST_F(PreNormEncoderTest, KeepsMaskedTokensFromTheOthers) {
  const auto model = encoder(random_weights());
  const auto x = at::randn({1, 6, kSize});
  const auto mask = key_mask(at::arange(6).unsqueeze(0) < 4);
  EXPECT_TRUE(test::all_close(model(x, mask).narrow(1, 0, 4), model(x.narrow(1, 0, 4)),
                              {.atol = 1e-4, .rtol = 1e-4}));
}

TEST(PreNormConfigTest, TakesDefaultsForWhatIsLeftOut) {
  const auto parsed = parse(Json{{"num_hidden_layers", 5}});
  EXPECT_EQ(parsed.num_hidden_layers, 5);
  EXPECT_EQ(parsed.hidden_size, kSize);
  EXPECT_EQ(parsed.layer_norm_eps, 1e-6);
}

TEST(PreNormConfigTest, RefusesWhatCannotBeBuilt) {
  for (const auto* const config :
       {R"({"num_attention_heads": 3})", R"({"num_hidden_layers": 0})", R"({"hidden_size": 1e9})",
        R"({"hidden_act": "mish"})", R"({"layer_norm_eps": -1})", R"({"hidden_size": [8]})"}) {
    EXPECT_THROW(parse(parse_json(config, "config.json")), Error) << config;
  }
}

}  // namespace
}  // namespace ogam
