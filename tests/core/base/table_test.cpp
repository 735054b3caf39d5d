#include "core/base/table.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>

namespace ogam {
namespace {

struct Row {
  std::string_view name;
  int value = 0;
};

constexpr std::array kTable = {Row{"one", 1}, Row{"two", 2}};

TEST(TableTest, FindsTheRowOfAName) {
  EXPECT_EQ(find_row(kTable, "two", "number", "config.json").value, 2);
}

TEST(TableTest, UnknownNamesAreRefusedWithAListOfTheKnown) {
  try {
    find_row(kTable, "three", "number", "config.json");
    FAIL() << "an unknown name was found";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    EXPECT_EQ(std::string(error.what()),
              "config.json: number 'three' is not implemented; there are: one, two");
  }
}

}  // namespace
}  // namespace ogam
