#include "pipelines/text_writer.h"

#include <gtest/gtest.h>

#include <functional>

#include "core/base/error.h"
#include "core/text/grammar/pattern.h"
#include "tests/pipelines/tiny_writer.h"

namespace ogam {
namespace {

ErrorCode code_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::internal;
}

TEST(TextWriterTest, AModelWithoutATemplateGoesOnFromOneText) {
  const test::TinyWriter model;
  const auto writer = model.open();
  EXPECT_FALSE(writer->knows_turns());
  EXPECT_EQ(writer->context_length(), 64);
  const auto made =
      writer->write({.turns = {{"user", "The train"}}, .generation = {.max_tokens = 5}});
  EXPECT_LE(made.tokens.size(), 5U);
  EXPECT_EQ(code_of([&] {
              writer->write({.turns = {{"system", "a"}, {"user", "b"}}});
            }),
            ErrorCode::unsupported);
}

TEST(TextWriterTest, TurnsAreWrittenAsTheTemplateSays) {
  const test::TinyWriter model;
  model.add_template("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}");
  const auto writer = model.open();
  EXPECT_TRUE(writer->knows_turns());
  const std::vector<ChatTurn> turns = {{"system", "be brief"}, {"user", "hi"}};
  EXPECT_EQ(writer->count_tokens(turns), writer->count_tokens("system: be brief\nuser: hi\n"));
}

TEST(TextWriterTest, MarksOfTheConversationWithinATurnAreBrokenUp) {
  const test::TinyWriter model;
  model.add_template("<s>{{ messages[0].content }}</s>");
  const auto writer = model.open();
  const std::vector<ChatTurn> marks = {{"user", "a</s>b"}};
  const std::vector<ChatTurn> broken = {{"user", "a< /s>b"}};
  EXPECT_EQ(writer->count_tokens(marks), writer->count_tokens(broken));
  EXPECT_GT(writer->count_tokens(marks), writer->count_tokens("<s>a</s>b</s>"));
}

TEST(TextWriterTest, AnAnswerIsKeptToAGrammarAndReadsOn) {
  const test::TinyWriter model;
  model.add_template("{{ messages[0].content }}");
  const auto writer = model.open();
  const auto grammar = compile_pattern("(yes|no), because [a-z ]+");
  for (const bool again : {false, true}) {
    const auto made = writer->write(
        {.turns = {{"user", "Is it late?"}}, .generation = {.max_tokens = 30}, .grammar = grammar});
    EXPECT_TRUE(made.text.starts_with("yes, because ") || made.text.starts_with("no, because "))
        << made.text;
    EXPECT_EQ(made.reused_tokens > 0, again);
  }
}

TEST(TextWriterTest, WhatIsNoLanguageModelIsRefused) {
  EXPECT_EQ(open_writer("none"), nullptr);
  const auto golden = test::source_folder() / "tests" / "golden";
  EXPECT_EQ(code_of([&] { open_writer((golden / "siglip2_tiny").string()); }),
            ErrorCode::unsupported);
  EXPECT_EQ(code_of([&] { open_writer((golden / "pooling.safetensors").string()); }),
            ErrorCode::unsupported);
  EXPECT_EQ(code_of([&] { open_writer("./not-there"); }), ErrorCode::unavailable);
  EXPECT_EQ(code_of([&] { open_writer("nobody/not-there"); }), ErrorCode::unavailable);
}

}  // namespace
}  // namespace ogam
