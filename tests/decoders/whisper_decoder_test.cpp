#include "decoders/text/whisper_decoder.h"

#include <map>
#include <string>

#include "tests/support/golden.h"

namespace ogam {
namespace {

/// The tiny random model and what transformers makes of it.
struct Tiny {
  Checkpoint checkpoint{test::source_folder() / "tests" / "golden" / "whisper_tiny"};
  WhisperDecoder decoder{WhisperDecoderConfig::parse(checkpoint.config(), "config.json"),
                         checkpoint.weights("model.decoder.")};
  test::Golden golden = test::Golden::open("whisper_tiny");
  at::Tensor tokens = golden.tensor("tokens");  // [2, 9]
  at::Tensor logits = golden.tensor("logits");  // [2, 9, 120]

  static ::testing::AssertionResult close(const at::Tensor& seen, const at::Tensor& expected) {
    return test::all_close(seen, expected, {.atol = 1e-5, .rtol = 1e-4});
  }
};

TEST(WhisperDecoderTest, MatchesReferenceTokenByToken) {
  const Tiny tiny;
  for (std::int64_t row = 0; row < 2; ++row) {
    auto state = tiny.decoder.start(tiny.decoder.project(tiny.golden.tensor("encoded")));
    for (std::int64_t i = 0; i < tiny.tokens.size(1); ++i) {
      const auto seen = tiny.decoder.step(tiny.tokens[row][i].view({1, 1}), state);
      EXPECT_TRUE(tiny.close(seen[0], tiny.logits[row][i])) << "row " << row << ", token " << i;
    }
  }
}

TEST(WhisperDecoderTest, MatchesReferenceOnAPromptInParts) {
  const Tiny tiny;
  auto state = tiny.decoder.start(tiny.decoder.project(tiny.golden.tensor("encoded")));
  const auto row = tiny.tokens.narrow(0, 0, 1);
  EXPECT_TRUE(tiny.close(tiny.decoder.step(row.narrow(1, 0, 4), state)[0], tiny.logits[0][3]));
  EXPECT_TRUE(tiny.close(tiny.decoder.step(row.narrow(1, 4, 5), state)[0], tiny.logits[0][8]));
}

TEST(WhisperDecoderTest, BeamsThatBranchGoOnFromTheirParent) {
  const Tiny tiny;
  auto state = tiny.decoder.start(tiny.decoder.project(tiny.golden.tensor("encoded")));
  // Two copies of an empty beam take different tokens, then change places.
  state.select_beams(at::tensor({0, 0}, at::kLong));
  tiny.decoder.step(tiny.tokens.narrow(1, 0, 5), state);
  state.select_beams(at::tensor({1, 0}, at::kLong));
  const auto next = tiny.tokens.narrow(1, 5, 1).flip(0);
  const auto seen = tiny.decoder.step(next, state);
  EXPECT_TRUE(tiny.close(seen[0], tiny.logits[1][5]));
  EXPECT_TRUE(tiny.close(seen[1], tiny.logits[0][5]));
}

TEST(WhisperDecoderTest, AlignmentHeadsMatchReference) {
  const Tiny tiny;
  const auto aligned =
      tiny.decoder.align(tiny.tokens[0], tiny.decoder.project(tiny.golden.tensor("encoded")),
                         {{.layer = 0, .head = 1}, {.layer = 1, .head = 0}});
  EXPECT_TRUE(tiny.close(aligned.attentions, tiny.golden.tensor("attentions")));
  EXPECT_TRUE(tiny.close(aligned.logits, tiny.logits[0]));
}

TEST(WhisperDecoderTest, RefusesMoreTokensThanPositions) {
  const Tiny tiny;
  auto state = tiny.decoder.start(tiny.decoder.project(tiny.golden.tensor("encoded")));
  EXPECT_THROW(tiny.decoder.step(at::zeros({1, 33}, at::kLong), state), Error);
}

TEST(WhisperDecoderTest, RefusesMathematicsItDoesNotImplement) {
  const Tiny tiny;
  for (const auto& [key, value] : std::map<std::string, Json>{{"model_type", "moonshine"},
                                                              {"activation_function", "relu"},
                                                              {"scale_embedding", true},
                                                              {"tie_word_embeddings", false}}) {
    auto config = tiny.checkpoint.config();
    config[key] = value;
    try {
      WhisperDecoderConfig::parse(config, "config.json");
      ADD_FAILURE() << key << " was ignored";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::unsupported) << key;
    }
  }
}

TEST(WhisperDecoderTest, TiedEmbeddingsMayGoWithoutSaying) {
  const Tiny tiny;
  auto config = tiny.checkpoint.config();
  config.erase("tie_word_embeddings");
  EXPECT_NO_THROW(WhisperDecoderConfig::parse(config, "config.json"));
}

}  // namespace
}  // namespace ogam
