#include "archive/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/archive/sample_assets.h"

namespace ogam {
namespace {

using test::error_of;
using ::testing::HasSubstr;

std::string refusal(const std::string& filter) {
  return error_of([&] { compile_filter(filter); }, ErrorCode::invalid_argument);
}

TEST(FilterTest, BindsEveryValue) {
  const auto filter = compile_filter("kind=\"x' OR 1=1 --\" and tag.\"a'b\"~*;drop*");
  EXPECT_EQ(filter.sql.find('\''), std::string::npos);
  ASSERT_EQ(filter.parameters.size(), 3U);
  EXPECT_EQ(std::get<std::string>(filter.parameters[0]), "x' OR 1=1 --");
}

TEST(FilterTest, ReadsEscapesInQuotes) {
  const auto filter = compile_filter(R"(path="a\"b\\c")");
  EXPECT_EQ(std::get<std::string>(filter.parameters.at(0)), "a\"b\\c");
}

TEST(FilterTest, TakesKeywordsInAnyCaseAndOnlyAsWords) {
  EXPECT_NO_THROW(compile_filter("NOT kind=video Or(kind=audio)AND lang=ko"));
  EXPECT_NO_THROW(compile_filter("kind=order and kind=android or kind=nothing"));
}

TEST(FilterTest, NamesWhatIsWrongAndWhere) {
  EXPECT_THAT(refusal(""), HasSubstr("its end"));
  EXPECT_THAT(refusal("size>3"), HasSubstr("kind, path"));
  EXPECT_THAT(refusal("kind"), HasSubstr("one of = !="));
  EXPECT_THAT(refusal("kind="), HasSubstr("a value"));
  EXPECT_THAT(refusal("kind=video lang=ko"), HasSubstr("'and', 'or' or the end at 'lang=ko'"));
  EXPECT_THAT(refusal("(kind=video"), HasSubstr("')'"));
  EXPECT_THAT(refusal("kind=\"video"), HasSubstr("closing"));
  EXPECT_THAT(refusal("kind=video and"), HasSubstr("its end"));
  EXPECT_THAT(refusal("tag.=x"), HasSubstr("a name"));
  EXPECT_THAT(refusal("duration>long"), HasSubstr("long"));
  EXPECT_THAT(refusal("duration~5"), HasSubstr("cannot be compared"));
  EXPECT_THAT(refusal("kind<video"), HasSubstr("cannot be compared"));
  EXPECT_THAT(refusal("tag.year>new"), HasSubstr("no number"));
  EXPECT_THAT(refusal("kind==video"), HasSubstr("in quotes"));
  EXPECT_EQ(std::get<std::string>(compile_filter("kind=\"=x\"").parameters.at(0)), "=x");
}

TEST(FilterTest, LimitsLengthDepthAndStars) {
  EXPECT_THAT(refusal(std::string(5000, 'x')), HasSubstr("4096"));
  EXPECT_THAT(refusal(std::string(100, '(') + "kind=a" + std::string(100, ')')),
              HasSubstr("levels"));
  std::string nots;
  for (int i = 0; i < 100; ++i) {
    nots += "not ";
  }
  EXPECT_THAT(refusal(nots + "kind=a"), HasSubstr("levels"));
  EXPECT_THAT(refusal("path~*a*a*a*a*a*a*a*a*"), HasSubstr("stars"));
  std::string many = "kind=a";
  for (int i = 0; i < 200; ++i) {
    many += " or kind=a";
  }
  EXPECT_THAT(refusal(many), HasSubstr("128 comparisons"));
}

}  // namespace
}  // namespace ogam
