#include "core/base/time.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/base/error.h"

namespace ogam {
namespace {

TEST(TimeTest, IsShownAsHoursMinutesSecondsAndTenths) {
  EXPECT_EQ(format_time(0), "0:00:00.0");
  EXPECT_EQ(format_time(from_seconds(754.59)), "0:12:34.5");
  EXPECT_EQ(format_time(from_seconds(36'000)), "10:00:00.0");
}

TEST(TimeTest, SecondsThatNoTimeCanHoldAreKeptAtTheLimit) {
  constexpr Time kLimit = 9'000'000'000'000 * kSecond;
  EXPECT_EQ(from_seconds(1e300), kLimit);
  EXPECT_EQ(from_seconds(-std::numeric_limits<double>::infinity()), -kLimit);
  EXPECT_EQ(from_seconds(std::numeric_limits<double>::quiet_NaN()), -kLimit);
}

TEST(TimeTest, SubtitleTimesHaveMilliseconds) {
  EXPECT_EQ(format_subtitle_time(from_seconds(3661.0425), ','), "01:01:01,042");
}

TEST(TimeTest, SecondsAndClockTimesAreRead) {
  EXPECT_EQ(parse_time("75.5"), from_seconds(75.5));
  EXPECT_EQ(parse_time("1:15.5"), from_seconds(75.5));
  EXPECT_EQ(parse_time("0:01:15.5"), from_seconds(75.5));
}

TEST(TimeTest, AnythingElseIsRefusedWithTheFormsThatAreRead) {
  for (const char* text : {"", ":", "1:", "-3", "abc", "1:2:3:4", "5x", "nan", "1e99"}) {
    EXPECT_THROW(parse_time(text), Error) << text;
  }
}

TEST(TimeSpanTest, OverlapIsTheSharedPart) {
  EXPECT_EQ((TimeSpan{0, 10}.overlap({5, 20})), 5);
  EXPECT_EQ((TimeSpan{0, 10}.overlap({10, 20})), 0);
}

}  // namespace
}  // namespace ogam
