#include "core/nn/gemma_media_text.h"

#include <gtest/gtest.h>

#include <array>

namespace ogam {
namespace {

GemmaMediaText writer() {
  return GemmaMediaText({.begin_image = "<",
                         .end_image = ">",
                         .image = "i",
                         .video = "v",
                         .begin_audio = "(",
                         .end_audio = ")",
                         .audio = "a"});
}

TEST(GemmaMediaTextTest, SlotsStandBetweenTheirTokens) {
  EXPECT_EQ(writer().image(3), "<iii>");
  EXPECT_EQ(writer().audio(2), "(aa)");
  EXPECT_EQ(writer().video(2, 3), "<vvv><vvv>");
}

TEST(GemmaMediaTextTest, TimesAreRoundedToTheNearestSecondAndHalvesToTheEvenOne) {
  const std::array<Time, 5> times = {0, 500'000, 1'500'000, 2'968'000, 61 * kSecond};
  EXPECT_EQ(writer().timed_video(times, 1), "00:00 <v> 00:00 <v> 00:02 <v> 00:03 <v> 01:01 <v>");
}

TEST(GemmaMediaTextTest, SoundFollowsTheFrameDuringWhichItIsHeard) {
  const std::array<Time, 3> times = {0, kSecond, 3 * kSecond};
  // As the reference's replace_video_with_audio_token: the last second takes what is left.
  EXPECT_EQ(
      writer().timed_video(times, 1, {.slots = 10, .slots_per_second = 2, .duration = 4'300'000}),
      "00:00 <v> 00:00 (aa) 00:01 <v> 00:01 (aa) 00:02 (aa) 00:03 <v> 00:03 (aaaa)");
}

TEST(GemmaMediaTextTest, SecondsWithoutSoundAreLeftOut) {
  const std::array<Time, 2> times = {0, 2 * kSecond};
  EXPECT_EQ(
      writer().timed_video(times, 1, {.slots = 3, .slots_per_second = 2, .duration = 5 * kSecond}),
      "00:00 <v> 00:00 (aa) 00:01 (a) 00:02 <v>");
}

TEST(GemmaMediaTextTest, SoundThatEndsBeforeTheFirstFrameIsHeardAfterIt) {
  const std::array<Time, 2> times = {2 * kSecond, 2 * kSecond};
  EXPECT_EQ(
      writer().timed_video(times, 1, {.slots = 3, .slots_per_second = 2, .duration = kSecond / 2}),
      "00:02 <v> 00:02 <v> 00:02 (aaa)");
}

}  // namespace
}  // namespace ogam
