#include "core/text/grammar/constraint.h"

#include <gtest/gtest.h>

#include <bit>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/text/grammar/json_schema.h"
#include "core/text/grammar/pattern.h"
#include "core/text/unicode.h"

namespace ogam {
namespace {

constexpr std::int32_t kEnd = 256;

/// All bytes, the end token, and some longer tokens; two of them write the same.
std::shared_ptr<const TokenTable> tokens() {
  std::vector<std::string> texts;
  for (int byte = 0; byte < 256; ++byte) {
    texts.emplace_back(1, static_cast<char>(byte));
  }
  texts.emplace_back();  // kEnd
  for (const char* text : {"ab", "abc", "\":", "\", \"", "true", "한글", "\xED\x95", "\x9C\xEA",
                           "ab", "{\"", "\"}", "12", "00", "]", "}]"}) {
    texts.emplace_back(text);
  }
  return std::make_shared<const TokenTable>(std::move(texts), std::vector{kEnd}, "test");
}

std::vector<std::int32_t> ids_of(std::span<const std::uint64_t> words) {
  std::vector<std::int32_t> ids;
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (auto word = words[i]; word != 0; word &= word - 1) {
      ids.push_back(static_cast<std::int32_t>(i * 64) + std::countr_zero(word));
    }
  }
  return ids;
}

/// The texts of the allowed tokens.
std::set<std::string> allowed_texts(GrammarConstraint& constraint, const TokenTable& table,
                                    std::size_t left = GrammarConstraint::kNoLimit) {
  std::set<std::string> texts;
  for (const auto id : ids_of(constraint.allowed(left))) {
    texts.insert(table.is_end(id) ? "END" : table.bytes(id));
  }
  return texts;
}

TEST(GrammarConstraintTest, ExactlyTheTokensThatFitAreAllowed) {
  const auto table = tokens();
  GrammarConstraint constraint(compile_pattern("ab(c|한글)?"), table);
  EXPECT_EQ(allowed_texts(constraint, *table), (std::set<std::string>{"a", "ab", "abc"}));
  EXPECT_EQ(ids_of(constraint.allowed()).size(), 4u);  // two write "ab"
  constraint.accept(257);
  EXPECT_TRUE(constraint.complete());
  EXPECT_FALSE(constraint.finished());
  EXPECT_EQ(allowed_texts(constraint, *table),
            (std::set<std::string>{"END", "c", "한글", "\xED", "\xED\x95"}));
  constraint.accept('c');
  EXPECT_TRUE(constraint.finished());
  EXPECT_EQ(allowed_texts(constraint, *table), (std::set<std::string>{"END"}));
  constraint.reset();
  EXPECT_FALSE(constraint.complete());
}

TEST(GrammarConstraintTest, TheEndComesOnlyBehindACompleteText) {
  GrammarConstraint constraint(compile_pattern("ab"), tokens());
  EXPECT_THROW(constraint.accept(kEnd), Error);
  EXPECT_THROW(constraint.accept('b'), Error);
  EXPECT_THROW(constraint.accept(100'000), Error);
  constraint.accept('a');  // what was refused changed nothing
  constraint.accept('b');
  constraint.accept(kEnd);
  EXPECT_TRUE(constraint.finished());
  EXPECT_TRUE(ids_of(constraint.allowed()).empty());
  EXPECT_THROW(constraint.accept('a'), Error);
}

TEST(GrammarConstraintTest, TokensThatLeaveNoRoomToFinishAreNotAllowed) {
  const auto table = tokens();
  GrammarConstraint constraint(compile_pattern("x*abc|y"), table);
  EXPECT_EQ(allowed_texts(constraint, *table, 1), (std::set<std::string>{"abc", "y"}));
  EXPECT_EQ(allowed_texts(constraint, *table, 2), (std::set<std::string>{"ab", "abc", "x", "y"}));
  constraint.accept('x');
  EXPECT_EQ(allowed_texts(constraint, *table, 1), (std::set<std::string>{"abc"}));
  EXPECT_THROW(constraint.allowed(0), Error);
  constraint.accept('a');
  EXPECT_EQ(constraint.shortest_completion(), "bc");
  EXPECT_THROW(constraint.allowed(1), Error);
  EXPECT_EQ(allowed_texts(constraint, *table, 2), (std::set<std::string>{"b"}));
}

TEST(GrammarConstraintTest, ShortestCompletionTakesTheFewestTokens) {
  GrammarConstraint constraint(compile_pattern("abcabtrue"), tokens());
  EXPECT_EQ(constraint.shortest_completion(), "abcabtrue");
  const auto ids = constraint.shortest_completion_tokens();
  EXPECT_EQ(ids.size(), 3u);
  for (const auto id : ids) {
    constraint.accept(id);
  }
  EXPECT_TRUE(constraint.finished());
}

TEST(GrammarConstraintTest, WalksWithinABudgetAlwaysEndInWholeJson) {
  const Json schema = Json::parse(R"({
    "type": "object", "required": ["name", "tags"], "additionalProperties": false,
    "properties": {"name": {"type": "string", "maxLength": 6}, "n": {"type": "integer"},
                   "tags": {"type": "array", "minItems": 1, "items": {"enum": ["한글", "ab"]}}}})");
  const auto table = tokens();
  GrammarConstraint constraint(compile_json_schema(schema, "schema"), table);
  const auto shortest = constraint.shortest_completion_tokens().size();
  std::mt19937 random(3);  // NOLINT: the same walks every time
  for (std::size_t i = 0; i < 400; ++i) {
    const std::size_t budget = shortest + i % 60;
    std::string text;
    constraint.reset();
    for (std::size_t written = 0; !constraint.finished(); ++written) {
      ASSERT_LE(written, budget);
      const auto ids = ids_of(constraint.allowed(budget - written));
      ASSERT_FALSE(ids.empty());
      const auto id = ids[random() % ids.size()];
      constraint.accept(id);
      text += table->bytes(id);
    }
    ASSERT_TRUE(is_valid_utf8(text)) << text;
    const auto value = parse_json(text, "text");
    ASSERT_TRUE(value.at("name").is_string());
    ASSERT_GE(value.at("tags").size(), 1u);
  }
}

TEST(GrammarConstraintTest, AVocabularyThatLacksABytesTokenIsRefused) {
  EXPECT_THROW(TokenTable({"a", "b"}, {}, "test"), Error);
  EXPECT_THROW(TokenTable(std::vector<std::string>(3), {7}, "test"), Error);
}

}  // namespace
}  // namespace ogam
