#include "decoders/text/grammar_token_constraint.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

#include "core/base/json.h"
#include "core/text/grammar/json_schema.h"
#include "core/text/grammar/pattern.h"
#include "decoders/text/text_generation.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

const auto kFolder = test::source_folder() / "tests" / "golden" / "gemma3_text_tiny";

/// A model of random weights, which by itself never writes what fits.
class GrammarTokenConstraintTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Checkpoint checkpoint(kFolder);
    model_ = std::make_unique<LanguageModel>(checkpoint);
    tokenizer_ = std::make_unique<Tokenizer>(kFolder);
    const auto& ends = model_->eos_token_ids();
    tokens_ = std::make_shared<const TokenTable>(
        token_bytes(*tokenizer_), std::vector<std::int32_t>(ends.begin(), ends.end()), "tokens");
  }
  static void TearDownTestSuite() {
    model_.reset();
    tokenizer_.reset();
    tokens_.reset();
  }

  static GeneratedText write(const std::shared_ptr<const Grammar>& grammar, std::uint64_t seed,
                             std::int64_t max_tokens) {
    GrammarTokenConstraint constraint(grammar, tokens_);
    TextGenerator generator(*model_, *tokenizer_);
    return generator.generate(tokenizer_->encode("Shots: "),
                              {.sampling = {.temperature = 1.5, .seed = seed},
                               .max_tokens = max_tokens,
                               .constraint = &constraint});
  }

  static inline std::unique_ptr<LanguageModel> model_;
  static inline std::unique_ptr<Tokenizer> tokenizer_;
  static inline std::shared_ptr<const TokenTable> tokens_;
};

TEST_F(GrammarTokenConstraintTest, WhateverTheModelPrefersTheTextFitsTheSchema) {
  const auto schema = parse_json(R"({"type": "object", "required": ["mood", "people"],
      "properties": {"mood": {"enum": ["밝음", "dark"]}, "people": {"type": "integer", "minimum": 2,
      "maximum": 40}, "words": {"type": "string"}}})",
                                 "the schema");
  const auto grammar = compile_json_schema(schema, "the schema");
  std::set<std::string> texts;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    // Few tokens, so that many texts would be cut off.
    const auto made = write(grammar, seed, 45);
    const auto value = parse_json(made.text, "the text");
    EXPECT_TRUE(value.at("mood") == "밝음" || value.at("mood") == "dark") << made.text;
    const auto people = json_value<int>(value, "people", "the text");
    EXPECT_GE(people, 2);
    EXPECT_LE(people, 40);
    EXPECT_NE(made.reason, FinishReason::stop);
    texts.insert(made.text);
  }
  EXPECT_GT(texts.size(), 5U);
}

TEST_F(GrammarTokenConstraintTest, ATextOfOnePossibilityIsThatOne) {
  const auto made = write(compile_pattern("서울역, 9:30\n"), 3, 40);
  EXPECT_EQ(made.text, "서울역, 9:30\n");
  EXPECT_EQ(made.reason, FinishReason::constraint);
}

TEST_F(GrammarTokenConstraintTest, AnEndComesWhereTheTextIsCompleteAlone) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto made = write(compile_pattern("(ab)+"), seed, 9);
    EXPECT_FALSE(made.text.empty());
    EXPECT_EQ(made.text.size() % 2, 0U);
    for (std::size_t i = 0; i < made.text.size(); ++i) {
      EXPECT_EQ(made.text[i], i % 2 == 0 ? 'a' : 'b');
    }
  }
}

TEST_F(GrammarTokenConstraintTest, TooFewTokensForAnyTextAreAnError) {
  EXPECT_THROW(write(compile_pattern("[가-힣]{12}"), 1, 8), Error);
}

}  // namespace
}  // namespace ogam
