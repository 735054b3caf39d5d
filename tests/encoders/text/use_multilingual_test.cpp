#include "encoders/text/use_multilingual.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "encoders/registry.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

std::filesystem::path model_folder() {
  return test::pack_folder() / "models" / "use-multilingual-v3";
}

class UseMultilingualTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Checkpoint checkpoint(model_folder());
    encoder_ = make_encoders(checkpoint).text;
  }
  static void TearDownTestSuite() { encoder_.reset(); }

  static at::Tensor encode(const std::vector<std::string>& texts) {
    return encoder_->encode(texts, {}).at(0).vectors;
  }

  static inline std::shared_ptr<const TextEncoder> encoder_;
};

// Weights are stored in half precision, the reference computes with the unrounded ones: cosine at
// least 0.99999, largest difference of an element under 5e-4.
TEST_F(UseMultilingualTest, MatchesReferenceOnRealWeights) {
  const auto golden = test::Golden::open("use_multilingual");
  const auto texts = golden.json().at("texts").get<std::vector<std::string>>();
  const auto expected = golden.tensor("embedding");
  const auto actual = encode(texts);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].find_first_not_of(' ') == std::string::npos) {
      continue;  // the reference gives even nothing a direction
    }
    EXPECT_TRUE(test::all_close(actual[i], expected[i], {.atol = 5e-4, .rtol = 0})) << texts[i];
    EXPECT_GE(test::cosine(actual[i], expected[i]), 0.99999) << texts[i];
  }
}

TEST_F(UseMultilingualTest, RowDoesNotDependOnItsBatch) {
  const auto texts =
      test::Golden::open("use_multilingual").json().at("texts").get<std::vector<std::string>>();
  const auto together = encode(texts);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_TRUE(test::all_close(encode({texts[i]})[0], together[i], {.atol = 1e-5, .rtol = 0}))
        << texts[i];
  }
}

TEST_F(UseMultilingualTest, RowsHaveLengthOne) {
  ASSERT_EQ(encoder_->outputs().size(), 1U);
  EXPECT_EQ(encoder_->outputs()[0].name, "embedding");
  EXPECT_EQ(encoder_->outputs()[0].dimension, 512);
  const auto rows = encode({"one", "둘", "굽는 법", "원두 보관 방법"});
  EXPECT_EQ(rows.sizes(), (at::IntArrayRef{4, 512}));
  EXPECT_TRUE(test::all_close(rows.norm(2, 1), at::ones({4}), {.atol = 1e-5, .rtol = 0}));
}

TEST_F(UseMultilingualTest, TextsThatItCannotReadHaveNoDirection) {
  const auto rows = encode({"", "!!!", "\xFF\xFE", "뷁쉛", "ㅋㅌㅊㅍ", "펭귄"});
  EXPECT_EQ(rows.abs().max().item<float>(), 0.0F);
}

TEST_F(UseMultilingualTest, NoTextsGiveNoRows) {
  EXPECT_EQ(encode({}).sizes(), (at::IntArrayRef{0, 512}));
}

TEST_F(UseMultilingualTest, KoreanNounsFindTheirEnglishOnes) {
  const auto korean = encode({"고양이", "자동차", "바다", "기타", "사과"});
  const auto english = encode({"cat", "car", "sea", "guitar", "apple"});
  const auto nearest = korean.mm(english.t()).argmax(1);
  EXPECT_TRUE(at::equal(nearest, at::arange(5, at::kLong))) << nearest;
}

TEST_F(UseMultilingualTest, VeryLongTextIsReadUpToTheLimit) {
  std::string text;
  for (int i = 0; i < 30'000; ++i) {
    text += "단어 ";
  }
  const auto rows = encode({text, text + text});
  EXPECT_TRUE(test::all_close(rows[0], rows[1], {.atol = 1e-5, .rtol = 0}));
}

// Both libraries carry a protobuf of their own in one process (Debian's libsentencepiece,
// LibTorch).
TEST_F(UseMultilingualTest, SentencePieceAndLibTorchShareTheProcess) {
  std::ifstream maps("/proc/self/maps");
  const std::string mapped((std::istreambuf_iterator<char>(maps)), {});
  EXPECT_THAT(mapped, ::testing::HasSubstr("libsentencepiece"));
  EXPECT_THAT(mapped, ::testing::HasSubstr("libtorch_cpu"));
  const SentencePieceTokenizer tokenizer(model_folder() / "tokenizer.model");
  EXPECT_FALSE(tokenizer.encode("고양이").empty());
  EXPECT_EQ(at::ones({3, 3}).mm(at::ones({3, 3})).sum().item<float>(), 27.0F);
}

TEST(UseMultilingualConfigTest, ImpossibleValuesAreRefused) {
  const auto good = Json::parse(R"({"model_type": "use_multilingual", "vocab_size": 100,
      "hidden_size": 8, "branch_size": 4, "ngram_sizes": [2, 3], "left_contexts": [0, 1],
      "head_size": 4, "layer_norm_eps": 1e-12, "unk_token_id": 0, "bos_token_id": 1,
      "eos_token_id": 2})");
  EXPECT_NO_THROW(UseMultilingualConfig::parse(good, "config.json"));
  const std::vector<std::pair<std::string, Json>> changes = {
      {"vocab_size", 0},          {"vocab_size", -1},         {"hidden_size", 1'000'000'000},
      {"ngram_sizes", {0, 3}},    {"left_contexts", {0}},     {"left_contexts", {0, 3}},
      {"left_contexts", {-1, 1}}, {"layer_norm_eps", "tiny"}, {"eos_token_id", 100},
      {"bos_token_id", -1},       {"ngram_sizes", nullptr}};
  for (const auto& [key, value] : changes) {
    auto bad = good;
    bad[key] = value;
    EXPECT_THROW(UseMultilingualConfig::parse(bad, "config.json"), Error) << key << value;
  }
}

TEST(EncoderRegistryTest, UnknownModelTypeListsTheKnownOnes) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "config.json") << R"({"model_type": "nobert"})";
  std::ofstream(folder / "model.safetensors") << std::string("\x02\0\0\0\0\0\0\0{}", 10);
  Checkpoint checkpoint(folder.path());
  try {
    make_encoders(checkpoint);
    FAIL() << "was made";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("use_multilingual"));
  }
}

}  // namespace
}  // namespace ogam
