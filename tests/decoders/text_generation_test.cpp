#include "decoders/text/text_generation.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "core/tensor/held_tensors.h"
#include "core/text/unicode.h"
#include "decoders/text/text_stream.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

const auto kFolder = test::source_folder() / "tests" / "golden" / "gemma3_text_tiny";

class TextGenerationTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Checkpoint checkpoint(kFolder);
    model_ = std::make_unique<LanguageModel>(checkpoint);
    tokenizer_ = std::make_unique<Tokenizer>(kFolder);
  }
  static void TearDownTestSuite() {
    model_.reset();
    tokenizer_.reset();
  }

  Tokenizer::Ids prompt() const {
    return tokenizer_->encode(golden_.json().at("prompt").get<std::string>());
  }
  GenerationConfig golden_config() const {
    return {.sampling = {.repetition_penalty = 1.3}, .max_tokens = 24};
  }
  /// By chance, so that texts are long and of many tokens.
  static GenerationConfig lively(std::uint64_t seed) {
    return {.sampling = {.temperature = 1.2, .seed = seed}, .max_tokens = 40};
  }

  static inline std::unique_ptr<LanguageModel> model_;
  static inline std::unique_ptr<Tokenizer> tokenizer_;
  const test::Golden golden_ = test::Golden::open("language_models");
  TextGenerator generator_{*model_, *tokenizer_};
};

TEST_F(TextGenerationTest, GeneratesTheReferencesTokensAndText) {
  const auto made = generator_.generate(prompt(), golden_config());
  auto expected = golden_.json().at("generated").get<Tokenizer::Ids>();
  const auto& ends = model_->eos_token_ids();
  if (std::find(ends.begin(), ends.end(), expected.back()) != ends.end()) {
    expected.pop_back();
    EXPECT_EQ(made.reason, FinishReason::end);
  } else {
    EXPECT_EQ(made.reason, FinishReason::length);
  }
  EXPECT_EQ(made.tokens, expected);
  EXPECT_EQ(made.text, golden_.json().at("text").get<std::string>());
  EXPECT_EQ(made.prompt_tokens, std::ssize(prompt()));
}

TEST_F(TextGenerationTest, TheSameSeedGivesTheSameTextAndAnotherAnother) {
  std::set<Tokenizer::Ids> texts;
  for (std::uint64_t seed = 0; seed < 6; ++seed) {
    const auto made = generator_.generate(prompt(), lively(seed));
    EXPECT_EQ(TextGenerator(*model_, *tokenizer_).generate(prompt(), lively(seed)).tokens,
              made.tokens);
    texts.insert(made.tokens);
  }
  EXPECT_EQ(texts.size(), 6);
}

TEST_F(TextGenerationTest, StreamsWholeCharactersThatTogetherAreTheText) {
  bool had_several_bytes = false;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    auto config = lively(seed);
    std::string streamed;
    config.on_text = [&](std::string_view piece) {
      EXPECT_TRUE(is_valid_utf8(piece)) << seed;
      EXPECT_FALSE(piece.empty());
      streamed += piece;
    };
    const auto made = generator_.generate(prompt(), config);
    EXPECT_EQ(streamed, made.text);
    EXPECT_EQ(made.text, tokenizer_->decode(made.tokens)) << seed;
    had_several_bytes = had_several_bytes || made.text.size() > code_points(made.text).size();
  }
  EXPECT_TRUE(had_several_bytes);
}

TEST_F(TextGenerationTest, WhatWasReadBeforeIsNotReadAgainAndChangesNothing) {
  auto longer = prompt();
  const auto first = generator_.generate(longer, golden_config());
  EXPECT_EQ(first.reused_tokens, 0);
  ASSERT_GE(first.tokens.size(), 6U);
  // The same prompt: all but its last token.
  EXPECT_EQ(generator_.generate(longer, golden_config()).tokens, first.tokens);
  EXPECT_EQ(generator_.generate(longer, golden_config()).reused_tokens, std::ssize(longer) - 1);
  // One that goes on from the text, and one that differs in the middle.
  longer.insert(longer.end(), first.tokens.begin(), first.tokens.begin() + 5);
  longer.push_back(40);
  for (const bool changed : {false, true}) {
    if (changed) {
      longer[4] = 50;
    }
    const auto seen = generator_.generate(longer, golden_config());
    const auto alone = TextGenerator(*model_, *tokenizer_).generate(longer, golden_config());
    EXPECT_EQ(seen.tokens, alone.tokens);
    EXPECT_EQ(seen.reused_tokens, changed ? 4 : std::ssize(longer) - 1);
  }
}

TEST_F(TextGenerationTest, EndsBeforeAStopStringWhereverItsTokensEnd) {
  const auto whole = generator_.generate(prompt(), golden_config());
  const auto characters = code_points(whole.text);
  ASSERT_GT(characters.size(), 6U);
  // Three characters from the middle, which may begin and end within tokens.
  std::string stop;
  for (std::size_t i = 3; i < 6; ++i) {
    append_utf8(characters[i], stop);
  }
  auto config = golden_config();
  config.stop = {"never there", stop};
  std::string streamed;
  config.on_text = [&](std::string_view piece) { streamed += piece; };
  const auto made = generator_.generate(prompt(), config);
  EXPECT_EQ(made.reason, FinishReason::stop);
  EXPECT_EQ(made.text, whole.text.substr(0, whole.text.find(stop)));
  EXPECT_EQ(streamed, made.text);
}

/// Allows a sequence of tokens and nothing else.
class Script : public TokenConstraint {
 public:
  explicit Script(Tokenizer::Ids tokens) : tokens_(std::move(tokens)) {}
  void mask(std::vector<bool>& allowed, std::int64_t /*tokens_left*/) override {
    if (next_ < tokens_.size()) {
      allowed[tokens_[next_]] = true;
    }
  }
  void accept(std::int32_t token) override {
    EXPECT_EQ(token, tokens_[next_]);
    ++next_;
  }
  bool finished() const override { return next_ == tokens_.size() && !is_endless; }

  bool is_endless = false;

 private:
  Tokenizer::Ids tokens_;
  std::size_t next_ = 0;
};

TEST_F(TextGenerationTest, AConstraintHasTheSay) {
  Script script({20, 30, 20, 99});
  auto config = golden_config();
  config.constraint = &script;
  const auto made = generator_.generate(prompt(), config);
  EXPECT_EQ(made.tokens, (Tokenizer::Ids{20, 30, 20, 99}));
  EXPECT_EQ(made.reason, FinishReason::constraint);

  Script end({20, static_cast<std::int32_t>(model_->eos_token_ids().front())});
  config.constraint = &end;
  EXPECT_EQ(generator_.generate(prompt(), config).reason, FinishReason::end);

  Script stuck({20});
  stuck.is_endless = true;
  config.constraint = &stuck;
  EXPECT_THROW(generator_.generate(prompt(), config), Error);
}

TEST_F(TextGenerationTest, StopsWhereItIsToldToAndCanGoOn) {
  const auto expected = generator_.generate(prompt(), lively(3)).tokens;
  auto config = lively(3);
  int pieces = 0;
  config.on_text = [&](std::string_view) {
    if (++pieces == 3) {
      config.cancellation.request();
    }
  };
  EXPECT_THROW(generator_.generate(prompt(), config), Cancelled);
  EXPECT_EQ(generator_.generate(prompt(), lively(3)).tokens, expected);
}

TEST_F(TextGenerationTest, TheContextIsTheLimit) {
  const Tokenizer::Ids full(64, 20);
  EXPECT_THROW(generator_.generate(full, {}), Error);
  EXPECT_THROW(generator_.generate(Tokenizer::Ids{}, {}), Error);
  EXPECT_THROW(generator_.generate(Tokenizer::Ids{1, -3}, {}), Error);
  EXPECT_THROW(generator_.generate(Tokenizer::Ids{1}, {.max_tokens = 0}), Error);
  Script endless(Tokenizer::Ids(100, 20));
  const auto made =
      generator_.generate(Tokenizer::Ids(60, 20), {.max_tokens = 50, .constraint = &endless});
  EXPECT_EQ(made.tokens.size(), 4U);
  EXPECT_EQ(made.reason, FinishReason::length);
}

TEST_F(TextGenerationTest, LogitsThatAreNoNumbersAreAnError) {
  const auto file = open_weights(kFolder);
  std::map<std::string, at::Tensor> tensors;
  for (const auto& info : file->tensors()) {
    tensors[info.name] = file->load(info.name);
  }
  tensors["model.norm.weight"] = at::full_like(tensors["model.norm.weight"], NAN);
  Checkpoint checkpoint(kFolder, std::make_unique<HeldTensors>(tensors));
  const LanguageModel model(checkpoint);
  TextGenerator generator(model, *tokenizer_);
  try {
    generator.generate(prompt(), {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
    EXPECT_NE(std::string(error.what()).find("logit"), std::string::npos);
  }
}

TEST(StopStringsTest, HoldsBackWhatMayBeginOne) {
  StopStrings stop({"\n\nUser", "끝."});
  EXPECT_EQ(stop.push("a\n"), "a");
  EXPECT_EQ(stop.push("\nUs"), "");
  EXPECT_EQ(stop.push("age 끝"), "\n\nUsage ");
  EXPECT_EQ(stop.push("나"), "끝나");
  EXPECT_EQ(stop.push("끝"), "");
  EXPECT_FALSE(stop.found());
  EXPECT_EQ(stop.push(". more"), "");
  EXPECT_TRUE(stop.found());
  EXPECT_EQ(stop.push("more"), "");
  EXPECT_EQ(stop.finish(), "");
}

TEST(StopStringsTest, TheEarliestOneCounts) {
  StopStrings stop({"cd", "bcde"});
  EXPECT_EQ(stop.push("abcdef"), "a");
  StopStrings whole({"aab"});
  EXPECT_EQ(whole.push("aaa"), "a");
  EXPECT_EQ(whole.push("b"), "");
  EXPECT_TRUE(whole.found());
  StopStrings never({"xy"});
  EXPECT_EQ(never.push("x"), "");
  EXPECT_EQ(never.finish(), "x");
  EXPECT_THROW(StopStrings({""}), Error);
  EXPECT_THROW(StopStrings({"\xff"}), Error);
}

TEST_F(TextGenerationTest, ACharacterThatNeverComesIsReplacedAtTheEnd) {
  TokenText text(*tokenizer_);
  const auto ids = tokenizer_->encode("🐳", {.add_special_tokens = false});  // a token for each byte
  ASSERT_EQ(ids.size(), 4U);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(text.push(ids[i]), "");
  }
  EXPECT_EQ(text.finish(), "\xef\xbf\xbd");
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(text.push(ids[i]), i == 3 ? "🐳" : "");
  }
}

}  // namespace
}  // namespace ogam
