#include "decoders/text/whisper_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "decoders/text/whisper_segments.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

// Text is 0 to 89, the end 90, times from 99 on: 99 is 0.00 s.
constexpr int kFirstTime = 99;
constexpr int kVocabulary = 120;

WhisperTokens tiny_tokens() {
  const auto folder = test::source_folder() / "tests" / "golden" / "whisper_tiny";
  const auto config =
      WhisperDecoderConfig::parse(read_json_file(folder / "config.json"), "config.json");
  return WhisperTokens::parse(read_json_file(folder / "generation_config.json"), config,
                              "generation_config.json");
}

/// Ids that may follow when every logit is equal, or when `favourite` stands out.
std::vector<bool> allowed_after(const std::vector<std::int32_t>& chosen, int favourite = -1) {
  const auto tokens = tiny_tokens();
  std::vector<float> logits(kVocabulary, 0.0F);
  if (favourite >= 0) {
    logits[favourite] = 50;
  }
  WhisperRules(tokens).apply(logits, chosen);
  std::vector<bool> allowed;
  for (const float logit : logits) {
    allowed.push_back(std::isfinite(logit));
  }
  return allowed;
}

TEST(WhisperRulesTest, AWindowStartsWithATime) {
  const auto allowed = allowed_after({});
  EXPECT_FALSE(allowed[5]);
  EXPECT_FALSE(allowed[90]);
  EXPECT_TRUE(allowed[kFirstTime]);
  EXPECT_TRUE(allowed[kFirstTime + 20]);
}

TEST(WhisperRulesTest, TextFollowsThePairOfTimes) {
  const auto allowed = allowed_after({kFirstTime, 5, kFirstTime + 3, kFirstTime + 3});
  EXPECT_TRUE(allowed[5]);
  EXPECT_FALSE(allowed[kFirstTime + 4]);
}

TEST(WhisperRulesTest, AfterTextAndATimeComesATimeNotEarlierOrTheEnd) {
  const auto allowed = allowed_after({kFirstTime, 5, kFirstTime + 3}, 90);
  EXPECT_FALSE(allowed[5]);
  EXPECT_TRUE(allowed[90]);
  EXPECT_FALSE(allowed[kFirstTime + 2]);
  EXPECT_TRUE(allowed[kFirstTime + 3]);
}

TEST(WhisperRulesTest, ASpanIsNotEmpty) {
  const auto allowed = allowed_after({kFirstTime + 2, 5}, 6);
  EXPECT_TRUE(allowed[6]);
  EXPECT_FALSE(allowed[kFirstTime + 2]);
  EXPECT_TRUE(allowed[kFirstTime + 3]);
}

TEST(WhisperRulesTest, TimesThatAreLikelierTogetherThanAnyTextWin) {
  // 21 equal times outweigh each single text token.
  EXPECT_FALSE(allowed_after({kFirstTime, 5})[6]);
  EXPECT_TRUE(allowed_after({kFirstTime, 5}, 6)[6]);
}

TEST(WhisperRulesTest, SuppressedTokensAreNeverChosen) {
  const auto allowed = allowed_after({kFirstTime, 5}, 6);
  for (const int token : {1, 2, 91, 92, 94, 97, 98}) {
    EXPECT_FALSE(allowed[token]) << token;
  }
  EXPECT_TRUE(allowed[3]);
}

TEST(WhisperTokensTest, RefuseAnUnknownLanguageNamingSome) {
  const auto tokens = tiny_tokens();
  EXPECT_EQ(tokens.prompt("ko", false), (std::vector<std::int32_t>{91, 93, 94}));
  EXPECT_EQ(tokens.prompt("en", true), (std::vector<std::int32_t>{91, 92, 95}));
  try {
    tokens.prompt("xx", false);
    FAIL() << "an unknown language was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("\"xx\""));
    EXPECT_THAT(error.what(), ::testing::HasSubstr("ko, en"));
  }
}

TEST(WhisperTokensTest, RefuseIdsOutsideOfTheVocabulary) {
  const auto folder = test::source_folder() / "tests" / "golden" / "whisper_tiny";
  const auto config =
      WhisperDecoderConfig::parse(read_json_file(folder / "config.json"), "config.json");
  const auto sound = read_json_file(folder / "generation_config.json");
  for (const auto& [key, value] : std::map<std::string, Json>{{"suppress_tokens", {120}},
                                                              {"lang_to_id", {{"<|en|>", -1}}},
                                                              {"alignment_heads", {{2, 0}}},
                                                              {"eos_token_id", 99},
                                                              {"no_timestamps_token_id", 119}}) {
    auto damaged = sound;
    damaged[key] = value;
    EXPECT_THROW(WhisperTokens::parse(damaged, config, "x"), Error) << key;
  }
}

TEST(WhisperSegmentsTest, PairsOfTimesDivideTheText) {
  const auto tokens = tiny_tokens();
  const std::vector<std::int32_t> decoded = {99, 5, 6, 102, 102, 7, 110};
  const auto heard = split_segments(decoded, tokens, 20);
  ASSERT_EQ(heard.segments.size(), 2U);
  EXPECT_EQ(heard.segments[0].start, 0);
  EXPECT_EQ(heard.segments[0].end, 3);
  EXPECT_EQ(heard.segments[0].text, (std::vector<std::int32_t>{5, 6}));
  EXPECT_EQ(heard.segments[1].start, 3);
  EXPECT_EQ(heard.segments[1].end, 11);
  EXPECT_EQ(heard.heard, 11);
}

TEST(WhisperSegmentsTest, UnfinishedTextIsLeftForTheNextPass) {
  const auto tokens = tiny_tokens();
  const std::vector<std::int32_t> decoded = {99, 5, 102, 102, 7, 8};
  const auto heard = split_segments(decoded, tokens, 20);
  EXPECT_EQ(heard.segments.size(), 1U);
  EXPECT_EQ(heard.heard, 3);
  ASSERT_TRUE(heard.unfinished.has_value());
  EXPECT_EQ(heard.unfinished->start, 3);
  EXPECT_EQ(heard.unfinished->end, 20);
  EXPECT_EQ(heard.unfinished->text, (std::vector<std::int32_t>{7, 8}));
}

TEST(WhisperSegmentsTest, UnfinishedTextIsKeptWhenThereIsNoOther) {
  const auto tokens = tiny_tokens();
  const std::vector<std::int32_t> decoded = {101, 7, 8};
  const auto heard = split_segments(decoded, tokens, 20);
  ASSERT_EQ(heard.segments.size(), 1U);
  EXPECT_EQ(heard.segments[0].start, 2);
  EXPECT_EQ(heard.segments[0].end, 20);
  EXPECT_EQ(heard.heard, 20);
  EXPECT_FALSE(heard.unfinished.has_value());
}

TEST(WhisperSegmentsTest, TimesBeyondTheSoundEndWithIt) {
  const auto tokens = tiny_tokens();
  const std::vector<std::int32_t> decoded = {99, 5, 110};
  const auto heard = split_segments(decoded, tokens, 4);
  ASSERT_EQ(heard.segments.size(), 1U);
  EXPECT_EQ(heard.segments[0].end, 4);
  EXPECT_EQ(heard.heard, 4);
}

}  // namespace
}  // namespace ogam
