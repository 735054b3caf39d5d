#include "apps/ogam/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"

namespace ogam {
namespace {

namespace po = boost::program_options;

CommandLine parse(const std::vector<std::string>& words) {
  po::options_description own("Options");
  own.add_options()("lanes", po::value<std::string>(), "what to look at");
  return CommandLine({.synopsis = "test WORD", .description = "", .examples = "", .positionals = 1},
                     own, words);
}

std::string complaint(const std::vector<std::string>& words) {
  try {
    parse(words);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(CommandLineTest, AnArchiveMayHaveSpacesAndQuotesInItsName) {
  EXPECT_EQ(parse({"--archive", "내 아카이브 \"1\""}).common().archive, "내 아카이브 \"1\"");
}

TEST(CommandLineTest, WordsBehindTwoDashesAreNoOptions) {
  EXPECT_EQ(parse({"--", "-film.mp4"}).words(), std::vector<std::string>{"-film.mp4"});
}

TEST(CommandLineTest, AnUnknownOptionNamesTheOneThatWasMeant) {
  EXPECT_THAT(complaint({"--lans", "visual"}), ::testing::HasSubstr("--lanes"));
  EXPECT_THAT(complaint({"--lans=visual"}), ::testing::HasSubstr("--lanes"));
  EXPECT_THAT(complaint({"--jsno"}), ::testing::HasSubstr("did you mean --json?"));
  EXPECT_THAT(complaint({"--colour"}), ::testing::Not(::testing::HasSubstr("did you mean")));
}

TEST(CommandLineTest, TooManyWordsAreNamed) {
  EXPECT_THAT(complaint({"a", "b"}), ::testing::HasSubstr("'b'"));
}

}  // namespace
}  // namespace ogam
