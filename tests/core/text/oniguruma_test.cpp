#include "core/text/oniguruma.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/text/byte_trie.h"
#include "core/text/regex.h"

namespace ogam {
namespace {

std::vector<std::string> matches(const std::string& pattern, const std::string& text) {
  std::vector<std::string> found;
  for (const auto& match : Regex(oniguruma_to_pcre(pattern)).find_all(text)) {
    found.push_back(text.substr(match.begin, match.end - match.begin));
  }
  return found;
}

using Texts = std::vector<std::string>;

TEST(OnigurumaTest, ShorthandsHaveTheirUnicodeMeaning) {
  EXPECT_EQ(matches(R"(\s)", "a\u180E\u00A0"), (Texts{"\u00A0"}));
  EXPECT_EQ(matches(R"(\h+)", "fG 1"), (Texts{"f", "1"}));
  EXPECT_EQ(matches(R"(\v)", "\x0B\u2028"), (Texts{"\x0B"}));
  EXPECT_EQ(matches(R"([\W_]+)", "a_-b"), (Texts{"_-"}));
  EXPECT_EQ(matches(R"([^\W_]+)", "a_-b"), (Texts{"a", "b"}));
  EXPECT_EQ(matches(R"(\p{Han}+)", "々、一ー"), (Texts{"々", "一"}));
  EXPECT_EQ(matches(R"([[:punct:]]+)", "a$-©b"), (Texts{"$-©"}));
}

TEST(OnigurumaTest, IntervalsAreNeitherPossessiveNorLazyWhereTheyAreFixed) {
  EXPECT_EQ(matches("a{2}+", "aaaaa"), (Texts{"aaaa"}));
  EXPECT_EQ(matches("a{2}?b", "aab b"), (Texts{"aab", "b"}));
  EXPECT_EQ(matches("a{,2}b", "aaab"), (Texts{"aab"}));
  EXPECT_EQ(matches("a{b", "a{b"), (Texts{"a{b"}));
}

TEST(OnigurumaTest, OptionsReachToTheEndOfTheirGroup) {
  EXPECT_EQ(matches("a(?i)b|c", "aB C aC"), (Texts{"aB", "aC"}));
  EXPECT_EQ(matches("(?i:'s)|t", "'S T t"), (Texts{"'S", "t"}));
}

TEST(OnigurumaTest, LinesEndWithALineFeedAlone) {
  EXPECT_EQ(matches("^.$", "a\nb\r\n").size(), 1U);
}

TEST(OnigurumaTest, WhatHasNoCounterpartIsRefused) {
  for (const char* pattern :
       {"(a)\\1",  "[a[b]]",   "[a&&b]", "\\G", "\\X",   "a**",     "(?i:ss)",
        "(?x:a)",  "(?<=a+)b", "(a",     "a)",  "[a",    "\\",      "\\x",
        "\\p{",    "(?",       "(?#",    "{2}", "\\xFF", "\\uD800", "\\p{No Such Script}",
        "a{99999}"}) {
    EXPECT_THROW(matches(pattern, ""), Error) << pattern;
  }
}

TEST(RegexTest, EmptyMatchesBehindOthersAreLeftOut) {
  EXPECT_EQ(matches("a*", "baac"), (Texts{"", "aa", ""}));
}

TEST(RegexTest, EscapedTextMatchesItself) {
  const std::string text = "a.b\\E*[]한\n#";
  const auto found = Regex(Regex::escape(text)).find_all(text + text);
  EXPECT_EQ(found.size(), 2U);
}

TEST(RegexTest, EndlessBacktrackingIsGivenUp) {
  try {
    matches("(a|a)*b|(a+)+c", std::string(5000, 'a'));
    FAIL() << "was not given up";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::resource_exhausted);
  }
}

TEST(ByteTrieTest, PrefixesAreFoundTheShortestFirst) {
  const ByteTrie trie({{"ab", 1}, {"a", 0}, {"abcd", 2}, {"\xFF", 3}}, "test");
  std::vector<std::pair<std::size_t, int>> found;
  trie.for_each_prefix("abcx",
                       [&](std::size_t size, int number) { found.emplace_back(size, number); });
  EXPECT_EQ(found, (std::vector<std::pair<std::size_t, int>>{{1, 0}, {2, 1}}));
  EXPECT_THROW(ByteTrie({{"a", 0}, {"a", 1}}, "test"), Error);
  EXPECT_THROW(ByteTrie({{"", 0}}, "test"), Error);
}

}  // namespace
}  // namespace ogam
