#include "apps/ogam/console.h"

#include <gtest/gtest.h>

#include <sstream>

#include "core/text/unicode.h"

namespace ogam {
namespace {

TEST(ConsoleTest, WideKoreanTextIsCutByColumnsNotByCharacters) {
  const std::string text = "가나다라마바사아자차카타파하";
  EXPECT_EQ(fit(text, 28), text);
  EXPECT_EQ(fit(text, 11), "가나다라마…");
  EXPECT_EQ(fit(text, 10), "가나다라…");  // half a syllable cannot be shown
}

TEST(ConsoleTest, TextStaysOnOneLineAndGivesTheTerminalNoOrders) {
  EXPECT_EQ(fit("a\nb\x1B[2Jc\xC2\x9B"
                "31m",
                80),
            "a b [2Jc 31m");
}

TEST(ConsoleTest, APathKeepsItsEnd) {
  EXPECT_EQ(fit_path("clips/road.mp4", 20), "clips/road.mp4");
  EXPECT_EQ(fit_path("/a/very/long/folder/영상.mp4", 12), "…er/영상.mp4");
}

TEST(ConsoleTest, ColumnsOfATableStandUnderEachOther) {
  Table table({"NAME", "N", "X"});
  table.add({"영상", "1", "a"});
  table.add({"film", "22", "b"});
  std::istringstream stream(table.text());
  std::string line;
  std::getline(stream, line);  // the header may be bold
  for (const char* const last : {"a", "b"}) {
    std::getline(stream, line);
    EXPECT_EQ(display_width(line.substr(0, line.find(last))), 10) << line;
  }
}

}  // namespace
}  // namespace ogam
