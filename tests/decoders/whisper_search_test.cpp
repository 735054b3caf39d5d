#include "decoders/text/whisper_search.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string>
#include <vector>

#include "decoders/text/whisper_rules.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

/// The tiny random model, which believes in no sequence much: rules and sums show all the better.
class WhisperSearchTest : public ::testing::Test {
 protected:
  WhisperSequence decode(const WhisperSearchOptions& options) const {
    return search_.decode(sound_, prompt_, options);
  }

  /// Log probabilities [V] of what may follow `chosen`, computed anew from the first token on.
  at::Tensor allowed_after(const std::vector<std::int32_t>& chosen) const {
    std::vector<std::int64_t> sequence(prompt_.begin(), prompt_.end());
    sequence.insert(sequence.end(), chosen.begin(), chosen.end());
    auto state = decoder_.start(sound_);
    const auto logits =
        decoder_.step(at::tensor(sequence).unsqueeze(0), state)[0].clone().contiguous();
    WhisperRules(tokens_).apply(
        {logits.mutable_data_ptr<float>(), static_cast<std::size_t>(logits.numel())}, chosen);
    return at::log_softmax(logits, 0);
  }

  /// The log probability of a sequence, with its end where it is shorter than the longest.
  double log_probability(const std::vector<std::int32_t>& sequence) const {
    std::vector<std::int32_t> chosen;
    double sum = 0;
    for (const auto token : sequence) {
      sum += allowed_after(chosen)[token].item<double>();
      chosen.push_back(token);
    }
    return chosen.size() < longest_ ? sum + allowed_after(chosen)[tokens_.end].item<double>() : sum;
  }

  const std::filesystem::path folder_ = test::source_folder() / "tests/golden/whisper_tiny";
  Checkpoint checkpoint_{folder_};
  const WhisperDecoderConfig config_ =
      WhisperDecoderConfig::parse(checkpoint_.config(), "config.json");
  const WhisperTokens tokens_ = WhisperTokens::parse(
      read_json_file(folder_ / "generation_config.json"), config_, "generation_config.json");
  const WhisperDecoder decoder_{config_, checkpoint_.weights("model.decoder.")};
  const WhisperSearch search_{decoder_, tokens_};
  const std::vector<KeyValues> sound_ =
      decoder_.project(test::Golden::open("whisper_tiny").tensor("encoded"));
  const std::vector<std::int32_t> prompt_ = tokens_.prompt("en", false);
  const std::size_t longest_ = static_cast<std::size_t>(config_.max_target_positions / 2);
};

TEST_F(WhisperSearchTest, GreedyTakesTheLikeliestTokenThatTheRulesAllow) {
  const auto decoded = decode({});
  ASSERT_FALSE(decoded.tokens.empty());
  std::vector<std::int32_t> chosen;
  for (const auto token : decoded.tokens) {
    EXPECT_EQ(allowed_after(chosen).argmax().item<std::int64_t>(), token);
    chosen.push_back(token);
  }
  if (chosen.size() < longest_) {
    EXPECT_EQ(allowed_after(chosen).argmax().item<std::int64_t>(), tokens_.end);
  }
}

TEST_F(WhisperSearchTest, TheProbabilityIsThatOfTheTokensHoweverTheyWereFound) {
  for (const WhisperSearchOptions& options :
       {WhisperSearchOptions{}, WhisperSearchOptions{.beam_size = 4, .cancellation = {}},
        WhisperSearchOptions{.temperature = 0.8, .cancellation = {}}}) {
    const auto decoded = decode(options);
    const auto count = static_cast<double>(decoded.tokens.size() + 1);
    EXPECT_NEAR(decoded.average_log_probability * count, log_probability(decoded.tokens), 1e-3)
        << options.beam_size << " beams, temperature " << options.temperature;
  }
}

TEST_F(WhisperSearchTest, SamplingGivesTheSameWordsForTheSameSound) {
  const WhisperSearchOptions options{.temperature = 1, .cancellation = {}};
  EXPECT_EQ(decode(options).tokens, decode(options).tokens);
}

TEST_F(WhisperSearchTest, NoSequenceIsLongerThanHalfOfTheDecodersPositions) {
  for (const int beams : {1, 3}) {
    EXPECT_LE(decode({.beam_size = beams, .cancellation = {}}).tokens.size(), longest_) << beams;
  }
}

TEST_F(WhisperSearchTest, RefusesNumbersOfBeamsThatMakeNoSense) {
  EXPECT_THROW(decode({.beam_size = 0, .cancellation = {}}), Error);
  EXPECT_THROW(decode({.beam_size = 65, .cancellation = {}}), Error);
}

TEST_F(WhisperSearchTest, StopsOnRequest) {
  WhisperSearchOptions options;
  options.cancellation.request();
  EXPECT_THROW(decode(options), Cancelled);
}

TEST_F(WhisperSearchTest, LanguagesShareOneProbabilityLikeliestFirst) {
  const auto languages = search_.detect_language(sound_);
  ASSERT_EQ(languages.size(), 2U);
  EXPECT_GE(languages[0].probability, languages[1].probability);
  EXPECT_NEAR(languages[0].probability + languages[1].probability, 1, 1e-9);
}

TEST_F(WhisperSearchTest, AModelOfEnglishAloneHearsEnglish) {
  auto tokens = tokens_;
  tokens.languages.clear();
  const auto languages = WhisperSearch(decoder_, tokens).detect_language(sound_);
  ASSERT_EQ(languages.size(), 1U);
  EXPECT_EQ(languages[0].code, "en");
}

}  // namespace
}  // namespace ogam
