#include "pipelines/understanding/structured_description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ogam {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(UnsupportedNumbersTest, NumbersThatAreNotKnownAreNamedByTheirPlace) {
  const Json data = {{"title", "Opening at 9 with 40 guests"},
                     {"people", 3},
                     {"list", {"nine", 7.5}},
                     {"flag", true},
                     {"nothing", nullptr}};
  EXPECT_THAT(unsupported_numbers(data, "The library opens at nine with 3 guests.", {0, kSecond}),
              ElementsAre("/title", "/list/1"));
  EXPECT_THAT(unsupported_numbers(Json::object(), "", {0, kSecond}), IsEmpty());
}

TEST(UnsupportedNumbersTest, TimesWithinTheSpanAreNoNumbers) {
  const TimeSpan span{10 * kSecond, 20 * kSecond};
  EXPECT_THAT(unsupported_numbers({{"start", "0:12.5"}, {"end", "0:20"}}, "", span), IsEmpty());
  EXPECT_THAT(unsupported_numbers({{"start", "0:25"}, {"at", "9:5x"}}, "", span),
              ElementsAre("/start", "/at"));
}

}  // namespace
}  // namespace ogam
