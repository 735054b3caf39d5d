#include "core/nn/layers.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "core/nn/activation.h"
#include "core/nn/mlp.h"
#include "core/nn/rope.h"
#include "core/tensor/gguf.h"
#include "core/tensor/safetensors_writer.h"
#include "tests/support/gguf_bytes.h"
#include "tests/support/golden.h"
#include "tests/support/random_blocks.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

class LayersTest : public ::testing::Test {
 protected:
  Checkpoint checkpoint(const std::map<std::string, at::Tensor>& tensors,
                        at::ScalarType precision = at::kFloat) {
    write_file_atomically(folder_ / "config.json", R"({"model_type": "layers"})");
    save_safetensors(folder_ / "model.safetensors", tensors);
    return Checkpoint(folder_.path(), precision);
  }
  void SetUp() override { at::manual_seed(3); }

  test::TemporaryFolder folder_;
};

TEST_F(LayersTest, EmbeddingPicksRowsAndRefusesIdsBeyondTheTable) {
  auto weights = checkpoint({{"weight", at::arange(6, at::kFloat).view({3, 2})}});
  const Embedding table(weights.weights(), {.count = 3, .size = 2});
  const auto rows = table(at::tensor({2, 0}, at::kLong).view({1, 2}));
  EXPECT_TRUE(at::equal(rows, at::tensor({4.f, 5.f, 0.f, 1.f}).view({1, 2, 2})));
  EXPECT_THROW(table(at::tensor({3}, at::kLong)), Error);
  EXPECT_THROW(table(at::tensor({-1}, at::kLong)), Error);
  EXPECT_EQ(table(at::empty({0}, at::kLong)).sizes(), (at::IntArrayRef{0, 2}));
}

TEST_F(LayersTest, RmsNormKeepsThePrecisionOfItsInput) {
  const auto weight = at::randn({8});
  auto weights = checkpoint({{"weight", weight}});
  const RmsNorm norm(weights.weights(), {.size = 8, .eps = 1e-6});
  const auto x = at::randn({4, 8});
  const auto expected = x / (x.square().mean(-1, true) + 1e-6).sqrt() * weight;
  EXPECT_TRUE(test::all_close(norm(x), expected, {.atol = 1e-6}));
  EXPECT_EQ(norm(x.to(at::kBFloat16)).scalar_type(), at::kBFloat16);
  EXPECT_TRUE(test::all_close(RmsNorm(1e-6)(x), expected / weight, {.atol = 1e-5}));
}

TEST_F(LayersTest, GatedMlpMultipliesTheGate) {
  const auto gate = at::randn({5, 3});
  const auto up = at::randn({5, 3});
  const auto down = at::randn({3, 5});
  auto weights =
      checkpoint({{"gate_proj.weight", gate}, {"up_proj.weight", up}, {"down_proj.weight", down}});
  const GatedMlp mlp(weights.weights(),
                     {.size = 3, .intermediate = 5, .activation = find_activation("silu", "f")});
  const auto x = at::randn({2, 3});
  const auto expected =
      at::matmul(at::silu(at::matmul(x, gate.t())) * at::matmul(x, up.t()), down.t());
  EXPECT_TRUE(test::all_close(mlp(x), expected, {.atol = 1e-5}));
  weights.finish();
}

TEST_F(LayersTest, CheckpointHandsOutTheAskedPrecisionAndNoOther) {
  auto weights = checkpoint({{"weight", at::randn({2, 2}).to(at::kHalf)}}, at::kBFloat16);
  EXPECT_EQ(weights.weights().get("weight", {2, 2}).scalar_type(), at::kBFloat16);
  EXPECT_THROW(checkpoint({{"weight", at::randn({2, 2})}}, at::kHalf), Error);
}

TEST_F(LayersTest, IgnoredTensorsAreNotUnexpected) {
  auto weights =
      checkpoint({{"pooler.dense.weight", at::ones({1})}, {"position_ids", at::ones({1})}});
  EXPECT_THROW(weights.finish(), Error);
  weights.weights().ignore("pooler");
  weights.weights().ignore("position_ids");
  EXPECT_NO_THROW(weights.finish());
  EXPECT_FALSE(weights.weights("pooler.").empty());
  EXPECT_TRUE(weights.weights("pool.").empty());
}

/// Layers of a GGUF file: `packed.weight` in blocks of Q8_0, `packed.bias` of F32.
class PackedLayersTest : public ::testing::Test {
 protected:
  static constexpr std::int64_t kRows = 12;
  static constexpr std::int64_t kColumns = 64;

  PackedLayersTest() {
    const auto as_text = [](const at::Tensor& tensor) {
      return std::string(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes());
    };
    auto data = as_text(blocks_.bytes);
    const auto bias_at = (data.size() + 31) / 32 * 32;
    data.resize(bias_at, '\0');
    data += as_text(bias_);
    data.resize((data.size() + 31) / 32 * 32, '\0');
    const test::GgufBytes file{
        .tensors = {{.name = "packed.weight", .dimensions = {kColumns, kRows}, .type = 8},
                    {.name = "packed.bias", .dimensions = {kRows}, .offset = bias_at}},
        .data = data};
    write_file_atomically(folder_ / "config.json", R"({"model_type": "layers"})");
    write_file_atomically(folder_ / "model.gguf", file.bytes());
  }

  Checkpoint checkpoint() const {
    return Checkpoint(folder_.path(), std::make_unique<GgufFile>(folder_ / "model.gguf"));
  }
  at::Tensor weight() const { return GgufFile(folder_ / "model.gguf").load("packed.weight"); }

  test::TemporaryFolder folder_;
  TensorBlocks blocks_ = test::random_blocks(*find_block_format(8), kRows, kColumns, 3);
  at::Tensor bias_ = at::arange(kRows, at::kFloat);
};

TEST_F(PackedLayersTest, LinearMultipliesBlocksLikeTheirNumbers) {
  auto file = checkpoint();
  const Linear linear(file.weights("packed."), {.in = kColumns, .out = kRows});
  EXPECT_NO_THROW(file.finish());
  const auto x = at::randn({2, 3, kColumns});
  EXPECT_TRUE(test::all_close(linear(x), at::linear(x, weight(), bias_), {.atol = 1e-3}));
}

TEST_F(PackedLayersTest, EmbeddingWidensTheRowsThatAreAskedFor) {
  auto file = checkpoint();
  const Embedding table(file.weights("packed."),
                        {.count = kRows, .size = kColumns, .as_stored = true});
  const auto ids = at::tensor({11, 0, 11}, at::kLong);
  EXPECT_TRUE(at::equal(table(ids), weight().index_select(0, ids)));
  EXPECT_FALSE(table.weight().defined());
  EXPECT_THROW(table(at::tensor({12}, at::kLong)), Error);
}

TEST_F(PackedLayersTest, OtherShapesAndNamesAreListedAsEver) {
  auto file = checkpoint();
  const Linear wide(file.weights("packed."), {.in = 2 * kColumns, .out = kRows});
  const Linear missing(file.weights("absent."), {.in = kColumns, .out = kRows, .bias = false});
  try {
    file.finish();
    FAIL() << "was accepted";
  } catch (const Error& error) {
    const std::string words = error.what();
    EXPECT_NE(words.find("packed.weight: expected [12, 128], got [12, 64]"), std::string::npos);
    EXPECT_NE(words.find("missing tensors: absent.weight"), std::string::npos);
  }
}

TEST_F(PackedLayersTest, BlocksThatNobodyAskedForAreUnexpected) {
  auto file = checkpoint();
  EXPECT_FALSE(file.weights("packed.").get_blocks("bias", {kRows}).has_value());
  EXPECT_THROW(file.finish(), Error);
}

TEST(ActivationTest, UnknownNamesAreRefusedWithTheKnownOnes) {
  EXPECT_TRUE(
      at::equal(find_activation("relu", "f")(at::tensor({-1.f, 2.f})), at::tensor({0.f, 2.f})));
  try {
    find_activation("mish", "config.json");
    FAIL() << "was found";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    EXPECT_NE(std::string(error.what()).find("quick_gelu"), std::string::npos);
  }
}

// A rotation keeps lengths, and the product of a query and a key depends on their distance alone.
TEST(RopeTest, ProductsDependOnTheDistance) {
  at::manual_seed(5);
  const auto q = at::randn({1, 1, 1, 8});
  const auto k = at::randn({1, 1, 1, 8});
  const auto frequencies = rotary_frequencies(8, 1e4);
  for (const auto rotate : {&rotate_half, &rotate_adjacent}) {
    const auto product = [&](double at_q, double at_k) {
      const auto turned_q = rotate(q, rotation_at(at::full({1}, at_q), frequencies));
      const auto turned_k = rotate(k, rotation_at(at::full({1}, at_k), frequencies));
      return (turned_q * turned_k).sum().item<double>();
    };
    EXPECT_NEAR(product(3, 1), product(7, 5), 1e-5);
    EXPECT_GT(std::abs(product(3, 1) - product(3, 3)), 1e-3);
    EXPECT_NEAR(rotate(q, rotation_at(at::full({1}, 9.0), frequencies)).norm().item<double>(),
                q.norm().item<double>(), 1e-5);
  }
}

TEST(RopeTest, PairingsTurnTheChannelsTheyName) {
  const auto rotation = rotation_at(at::full({1}, 1.0), at::tensor({1.f, 0.f}));
  const auto x = at::tensor({1.f, 0.f, 0.f, 0.f}).view({1, 1, 1, 4});
  EXPECT_NEAR(rotate_half(x, rotation).flatten()[2].item<double>(), std::sin(1.0), 1e-6);
  EXPECT_NEAR(rotate_adjacent(x, rotation).flatten()[1].item<double>(), std::sin(1.0), 1e-6);
}

}  // namespace
}  // namespace ogam
