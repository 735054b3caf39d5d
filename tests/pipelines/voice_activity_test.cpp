#include "pipelines/voice_activity.h"

#include <gtest/gtest.h>

#include <vector>

namespace ogam {
namespace {

constexpr std::int64_t kChunk = SileroVad::kChunk;

/// `count` chunks of one probability.
struct Run {
  int count;
  float probability;
};

std::vector<SampleSpan> spans_of(const std::vector<Run>& runs,
                                 const VoiceActivityOptions& options = {}) {
  SpeechSpanTracker tracker(options);
  std::vector<SampleSpan> spans;
  for (const auto& run : runs) {
    for (int i = 0; i < run.count; ++i) {
      tracker.push(run.probability, spans);
    }
  }
  tracker.finish(spans);
  return spans;
}

TEST(SpeechSpanTrackerTest, SpeechEndsWhereALongEnoughPauseBegan) {
  EXPECT_EQ(spans_of({{10, 0.0F}, {20, 0.9F}, {15, 0.0F}}),
            (std::vector<SampleSpan>{{10 * kChunk, 30 * kChunk}}));
}

TEST(SpeechSpanTrackerTest, AShortPauseDoesNotEndASpan) {
  EXPECT_EQ(spans_of({{20, 0.9F}, {5, 0.0F}, {20, 0.9F}, {15, 0.0F}}),
            (std::vector<SampleSpan>{{0, 45 * kChunk}}));
}

TEST(SpeechSpanTrackerTest, ProbabilitiesBetweenTheThresholdsKeepWhatIsTheCase) {
  EXPECT_TRUE(spans_of({{50, 0.45F}}).empty());
  EXPECT_EQ(spans_of({{10, 0.9F}, {50, 0.45F}}), (std::vector<SampleSpan>{{0, 60 * kChunk}}));
}

TEST(SpeechSpanTrackerTest, AClickIsNotSpeech) {
  EXPECT_TRUE(spans_of({{10, 0.0F}, {3, 0.99F}, {40, 0.0F}}).empty());
}

TEST(SpeechSpanTrackerTest, SpeechWithoutPauseIsCutWhereItIsQuietest) {
  VoiceActivityOptions options;
  options.max_speech = 100 * kChunk;
  const auto spans = spans_of({{70, 0.9F}, {1, 0.6F}, {49, 0.9F}}, options);
  EXPECT_EQ(spans, (std::vector<SampleSpan>{{0, 70 * kChunk}, {70 * kChunk, 120 * kChunk}}));
}

TEST(SpeechSpanTrackerTest, NothingStillToComeStartsBeforeTheEarliestStart) {
  SpeechSpanTracker tracker({});
  std::vector<SampleSpan> spans;
  for (int i = 0; i < 30; ++i) {
    tracker.push(i < 10 ? 0.0F : 0.9F, spans);
  }
  EXPECT_EQ(tracker.earliest_start(), 10 * kChunk);
}

}  // namespace
}  // namespace ogam
