#include "decoders/text/whisper_fallback.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

namespace ogam {
namespace {

/// What is decoded at one temperature, and the text it stands for.
struct Attempt {
  WhisperSequence sequence;
  std::string text = "He might even have been made amiable himself.";
};

struct Outcome {
  WhisperDecoding decoding;
  std::vector<double> temperatures;  // in the order of the attempts
};

/// Makes the attempts one after the other; the last stands for all that follow.
Outcome decode(const std::vector<Attempt>& attempts) {
  Outcome outcome;
  const auto current = [&]() -> const Attempt& {
    return attempts[std::min(outcome.temperatures.size(), attempts.size()) - 1];
  };
  outcome.decoding = decode_with_fallback(
      [&](double temperature) {
        outcome.temperatures.push_back(temperature);
        return current().sequence;
      },
      [&](std::span<const std::int32_t>) { return current().text; });
  return outcome;
}

WhisperSequence sequence(double average_log_probability, double no_speech_probability = 0) {
  WhisperSequence made;
  made.average_log_probability = average_log_probability;
  made.no_speech_probability = no_speech_probability;
  return made;
}

std::string loop() {
  std::string text;
  for (int i = 0; i < 20; ++i) {
    text += " Thank you for watching.";
  }
  return text;
}

TEST(WhisperFallbackTest, WhatIsBelievedIsNotDecodedAgain) {
  const auto outcome = decode({{sequence(-0.3)}});
  EXPECT_EQ(outcome.temperatures, (std::vector<double>{0.0}));
  EXPECT_EQ(outcome.decoding.sequence.average_log_probability, -0.3);
}

TEST(WhisperFallbackTest, WhatIsUnlikelyIsDecodedAtHigherTemperatures) {
  const auto outcome = decode({{sequence(-2)}, {sequence(-1.5)}, {sequence(-0.9)}});
  EXPECT_EQ(outcome.temperatures, (std::vector<double>{0.0, 0.2, 0.4}));
  EXPECT_EQ(outcome.decoding.sequence.average_log_probability, -0.9);
}

TEST(WhisperFallbackTest, LoopsAreDecodedAgainHoweverLikely) {
  auto stuck = sequence(-0.1);
  stuck.stuck = true;
  const auto outcome = decode({{sequence(-0.1), loop()}, {stuck}, {sequence(-0.5)}});
  EXPECT_EQ(outcome.temperatures.size(), 3U);
  EXPECT_EQ(outcome.decoding.sequence.average_log_probability, -0.5);
}

TEST(WhisperFallbackTest, SilenceIsNotDecodedAgain) {
  const auto outcome = decode({{sequence(-2, 0.9)}});
  EXPECT_EQ(outcome.temperatures.size(), 1U);
  EXPECT_TRUE(outcome.decoding.silent());
}

TEST(WhisperFallbackTest, LikelyTextIsKeptThoughItSoundsLikeSilence) {
  EXPECT_FALSE(decode({{sequence(-0.5, 0.9)}}).decoding.silent());
}

TEST(WhisperFallbackTest, WhenNothingIsBelievedTheLikeliestWithoutALoopIsKept) {
  const auto outcome =
      decode({{sequence(-0.1), loop()}, {sequence(-3)}, {sequence(-2)}, {sequence(-0.1), loop()}});
  EXPECT_EQ(outcome.temperatures.size(), 6U);
  EXPECT_EQ(outcome.decoding.sequence.average_log_probability, -2);
}

}  // namespace
}  // namespace ogam
