#include "core/text/grammar/grammar.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/text/grammar/automaton.h"
#include "core/text/grammar/pattern.h"
#include "core/text/unicode.h"

namespace ogam {
namespace {

bool matches(GrammarAutomaton& automaton, std::string_view text) {
  auto state = automaton.start();
  for (const char byte : text) {
    state = automaton.next(state, static_cast<unsigned char>(byte));
  }
  return automaton.complete(state);
}

bool matches(const std::string& pattern, std::string_view text) {
  GrammarAutomaton automaton(compile_pattern(pattern));
  return matches(automaton, text);
}

ErrorCode error_code_of(const std::string& pattern) {
  try {
    compile_pattern(pattern);
    return ErrorCode::internal;
  } catch (const Error& error) {
    return error.code();
  }
}

TEST(CodePointsTest, SetsAreJoinedAndInverted) {
  CodePoints points({{'a', 'c'}, {'x', 'z'}});
  points.add(CodePoints({{'d', 'f'}, {'y', 'y'}}));
  EXPECT_EQ(points.ranges(), (std::vector<CodePoints::Range>{{'a', 'f'}, {'x', 'z'}}));
  EXPECT_EQ(points.inverted().inverted().ranges(), points.ranges());
  EXPECT_EQ(CodePoints::all().without(points).ranges(), points.inverted().ranges());
}

TEST(CodePointsTest, SurrogatesBelongToNoSet) {
  EXPECT_EQ(CodePoints::all().ranges(),
            (std::vector<CodePoints::Range>{{0, 0xD7FF}, {0xE000, 0x10FFFF}}));
  EXPECT_TRUE(CodePoints::of(0xD800).ranges().empty());
}

TEST(GrammarTest, AnyCharacterIsWellFormedUtf8AndNothingElse) {
  GrammarAutomaton automaton(compile_pattern("(.|\\n)"));
  for (char32_t c = 0; c <= 0x10FFFF; c += c < 0x3000 ? 1 : 7) {
    if (c >= 0xD800 && c <= 0xDFFF) {
      continue;
    }
    std::string text;
    append_utf8(c, text);
    ASSERT_TRUE(matches(automaton, text)) << static_cast<std::uint32_t>(c);
  }
  std::mt19937 random(1);  // NOLINT: the same bytes every time
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(1 + random() % 4, '\0');
    for (char& byte : bytes) {
      byte = static_cast<char>(0x70 + random() % 0x90);
    }
    const bool is_one = is_valid_utf8(bytes) && code_points(bytes).size() == 1;
    ASSERT_EQ(matches(automaton, bytes), is_one) << i;
  }
}

TEST(GrammarTest, PatternsMatchWholeTexts) {
  EXPECT_TRUE(matches("a(b|c)*d{2,3}", "abcbdd"));
  EXPECT_TRUE(matches("a(b|c)*d{2,3}", "addd"));
  EXPECT_FALSE(matches("a(b|c)*d{2,3}", "ad"));
  EXPECT_FALSE(matches("a(b|c)*d{2,3}", "adddd"));
  EXPECT_TRUE(matches("[가-힣]+", "한글"));
  EXPECT_FALSE(matches("[가-힣]+", "한g"));
  EXPECT_TRUE(matches("", ""));
  EXPECT_TRUE(matches("^\\d+$", "٣5"));  // as Python has it
}

TEST(GrammarTest, LoopsOverNothingEnd) {
  EXPECT_TRUE(matches("((a*)*|b*)*c", "aabbac"));
  EXPECT_TRUE(matches("(()*)*", ""));
}

TEST(GrammarTest, ShortestCompletionCompletes) {
  GrammarAutomaton automaton(compile_pattern("(ab|cde)x{3}y?"));
  auto state = automaton.next(automaton.start(), 'c');
  EXPECT_EQ(automaton.distance(state), 5u);
  EXPECT_EQ(automaton.completion(state), "dexxx");
  EXPECT_EQ(automaton.completion(automaton.start()), "abxxx");
}

TEST(GrammarTest, AStateOutlivesWhatIsForgotten) {
  GrammarAutomaton automaton(compile_pattern("(a|b)*a(a|b){3}|c?"));
  auto state = automaton.start();
  for (const char byte : std::string("abba")) {
    state = automaton.next(state, static_cast<unsigned char>(byte));
  }
  const auto distance = automaton.distance(state);
  const bool complete = automaton.complete(state);
  state = automaton.forget_all_but(state);
  EXPECT_EQ(automaton.distance(state), distance);
  EXPECT_EQ(automaton.complete(state), complete);
  for (const char byte : std::string("bab")) {
    state = automaton.next(state, static_cast<unsigned char>(byte));
  }
  EXPECT_TRUE(automaton.complete(state));
  EXPECT_TRUE(matches(automaton, "c"));
  EXPECT_TRUE(matches(automaton, ""));
  EXPECT_FALSE(matches(automaton, "ca"));
  const auto end = automaton.forget_all_but(automaton.next(automaton.start(), 'c'));
  EXPECT_TRUE(automaton.complete(end));
  EXPECT_TRUE(automaton.exhausted(end));
}

TEST(GrammarTest, WhatIsNotImplementedOrTooLargeIsRefused) {
  EXPECT_EQ(error_code_of("(a)\\1"), ErrorCode::unsupported);
  EXPECT_EQ(error_code_of("(?=a)"), ErrorCode::unsupported);
  EXPECT_EQ(error_code_of("(a"), ErrorCode::invalid_argument);
  EXPECT_EQ(error_code_of("\xFF"), ErrorCode::invalid_argument);
  EXPECT_EQ(error_code_of("a{1000000}"), ErrorCode::resource_exhausted);
  EXPECT_EQ(error_code_of("((a{9999}){9999}){9999}"), ErrorCode::resource_exhausted);
}

}  // namespace
}  // namespace ogam
