#include "pipelines/editing/edit_subtitles.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "pipelines/editing/timeline.h"

namespace ogam {
namespace {

TimedText said(Time start, Time end, const std::string& text, std::vector<TimedWord> words = {}) {
  return {.span = {start, end}, .text = text, .words = std::move(words), .language = "en"};
}

/// A clip of `span` that begins at frame `first` of 25 a second.
PlannedClip clip(TimeSpan span, std::int64_t first) {
  PlannedClip planned;
  planned.source.path = "a.mp4";
  planned.source.span = span;
  planned.first = first;
  planned.count = FrameRate{}.frames_in(span.duration());
  return planned;
}

EditPlan plan_of(PlannedClip one, PlannedClip other) {
  EditPlan plan;
  plan.frames = other.first + other.count;
  plan.clips.push_back(std::move(one));
  plan.clips.push_back(std::move(other));
  return plan;
}

TEST(EditSubtitlesTest, SpeechComesAtTheNewVideosTime) {
  PlannedClip one = clip({10 * kSecond, 14 * kSecond}, 0);
  one.source.speech = {said(0, kSecond, "before"), said(11 * kSecond, 12 * kSecond, "inside"),
                       said(20 * kSecond, 21 * kSecond, "behind")};
  PlannedClip other = clip({0, 2 * kSecond}, 100);
  other.source.caption = "A caption";
  const auto subtitles = edit_subtitles(plan_of(std::move(one), std::move(other)));
  ASSERT_EQ(subtitles.size(), 2U);
  EXPECT_EQ(subtitles[0].text, "inside");
  EXPECT_EQ(subtitles[0].span, (TimeSpan{kSecond, 2 * kSecond}));
  EXPECT_EQ(subtitles[1].text, "A caption");
  EXPECT_EQ(subtitles[1].span, (TimeSpan{4 * kSecond, 6 * kSecond}));
}

TEST(EditSubtitlesTest, OfAnUtteranceThatIsCutTheWordsInsideAreKept) {
  PlannedClip one = clip({10 * kSecond, 12 * kSecond}, 0);
  one.source.speech = {said(9 * kSecond, 11 * kSecond, "out in here",
                            {{.span = {9 * kSecond, 9'500'000}, .text = "out"},
                             {.span = {10 * kSecond, 10'400'000}, .text = "in"},
                             {.span = {10'400'000, 11 * kSecond}, .text = "here"}})};
  const auto subtitles = edit_subtitles(plan_of(std::move(one), clip({0, kSecond}, 50)));
  ASSERT_EQ(subtitles.size(), 1U);
  EXPECT_EQ(subtitles[0].text, "in here");
  EXPECT_EQ(subtitles[0].span, (TimeSpan{0, kSecond}));
}

TEST(EditSubtitlesTest, SubtitlesDoNotOverlapWhereClipsDo) {
  PlannedClip one = clip({0, 4 * kSecond}, 0);
  one.source.caption = "first";
  PlannedClip other = clip({0, 4 * kSecond}, 75);
  other.source.caption = "second";
  const auto subtitles = edit_subtitles(plan_of(std::move(one), std::move(other)));
  ASSERT_EQ(subtitles.size(), 2U);
  EXPECT_EQ(subtitles[0].span, (TimeSpan{0, 3 * kSecond}));
  EXPECT_EQ(subtitles[1].span, (TimeSpan{3 * kSecond, 7 * kSecond}));
}

TEST(TimelineTest, ATransitionTakesHalfOfEitherClip) {
  const std::string text =
      write_timeline("test", {{.path = "/a.mp4", .span = {0, 2 * kSecond}},
                              {.name = "card", .span = {0, kSecond}, .fade = 400'000}});
  const Json children = parse_json(text, "timeline")["tracks"]["children"][0]["children"];
  ASSERT_EQ(children.size(), 3U);
  EXPECT_EQ(children[0]["source_range"]["duration"]["value"], 1800.0);
  EXPECT_EQ(children[1]["OTIO_SCHEMA"], "Transition.1");
  EXPECT_EQ(children[1]["in_offset"]["value"], 200.0);
  EXPECT_EQ(children[2]["OTIO_SCHEMA"], "Gap.1");
  EXPECT_EQ(children[2]["source_range"]["start_time"]["value"], 200.0);
  EXPECT_EQ(children[2]["source_range"]["duration"]["value"], 800.0);
}

}  // namespace
}  // namespace ogam
