#include "core/media/wanted_times.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace ogam {
namespace {

TEST(WantedTimesTest, AGroupWithoutWantedTimesNeedsNothing) {
  WantedTimes wanted({500}, 0);
  const auto plan = wanted.plan(0, 400, true);
  EXPECT_FALSE(plan.keyframe);
  EXPECT_FALSE(plan.until);
}

TEST(WantedTimesTest, AnExactTimeIsDecodedUpTo) {
  WantedTimes wanted({100, 250}, 0);
  const auto plan = wanted.plan(0, 400, true);
  EXPECT_EQ(plan.until, 250);
  EXPECT_TRUE(wanted.take(120));
  EXPECT_FALSE(wanted.take(240));
  EXPECT_TRUE(wanted.take(260));
  EXPECT_TRUE(wanted.done());
}

TEST(WantedTimesTest, TheNearerKeyframeStandsIn) {
  WantedTimes wanted({40, 370}, 50);
  const auto first = wanted.plan(0, 400, true);
  EXPECT_TRUE(first.keyframe);
  EXPECT_FALSE(first.until);
  const auto second = wanted.plan(400, std::nullopt, true);
  EXPECT_TRUE(second.keyframe);
  EXPECT_FALSE(second.until);
}

TEST(WantedTimesTest, TheEndOfAPartIsNoKeyframe) {
  WantedTimes wanted({370}, 50);
  EXPECT_EQ(wanted.plan(0, 400, false).until, 370);
}

TEST(WantedTimesTest, TimesBeforeTheFirstKeyframeTakeIt) {
  WantedTimes wanted({-20, 5}, 0);
  const auto plan = wanted.plan(10, std::nullopt, true);
  EXPECT_TRUE(plan.keyframe);
  EXPECT_FALSE(plan.until);
}

TEST(WantedTimesTest, TimesThatNoFrameServedAreOverdue) {
  WantedTimes wanted({100, 900}, 0);
  wanted.plan(0, 400, true);
  EXPECT_FALSE(wanted.overdue(100));
  EXPECT_TRUE(wanted.overdue(400));
  EXPECT_TRUE(wanted.take(400));
  EXPECT_FALSE(wanted.overdue(800));
}

TEST(WantedTimesTest, RefusesTimesThatDoNotAscend) {
  EXPECT_THROW(WantedTimes({2, 1}, 0), Error);
  EXPECT_THROW(WantedTimes({1, 2}, -1), Error);
}

}  // namespace
}  // namespace ogam
