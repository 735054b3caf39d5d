#include "pipelines/understanding/grounded_writing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "tests/pipelines/tiny_writer.h"

namespace ogam {
namespace {

using ::testing::HasSubstr;

const Sources kSources = {.list = {{.asset = "b3:1",
                                    .path = "talk.mp4",
                                    .span = {0, kSecond},
                                    .lane = Lane::speech,
                                    .text = "The ferry leaves at 7.",
                                    .score = 1}}};

std::string message_of(const TextWriter& writer) {
  try {
    source_budget(writer, {.request = "When?"});
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::unsupported);
    return error.what();
  }
  return "no error";
}

TEST(GroundedWritingTest, AModelThatTakesNoInstructionsIsRefused) {
  const test::TinyWriter model;
  EXPECT_THAT(message_of(*model.open()), HasSubstr("no chat template"));
}

TEST(GroundedWritingTest, AContextWithoutRoomForSourcesIsRefused) {
  const test::TinyWriter model;
  model.add_template("{% for m in messages %}{{ m.content }}{% endfor %}");
  EXPECT_THAT(message_of(*model.open()), HasSubstr("context of 64 tokens"));
}

TEST(GroundedWritingTest, WhatIsWrittenByChanceHasSourcesAndIsNotKept) {
  const test::TinyWriter model;
  model.add_template("Q:");  // so that the prompt leaves room in the tiny context
  const auto writer = model.open();
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    const auto text = write_grounded(*writer, kSources,
                                     {.request = "When does the ferry leave?",
                                      .sentences = 2,
                                      .sampling = {.temperature = 2, .seed = seed}});
    EXPECT_TRUE(text.sentences.empty()) << text.made.text;
    EXPECT_EQ(text.says_nothing, text.made.text == kNothingFound);
    for (const CitedSentence& sentence : text.dropped) {
      EXPECT_EQ(sentence.sources, std::vector<std::size_t>{0}) << text.made.text;
      EXPECT_FALSE(sentence.problem.empty());
    }
  }
}

TEST(GroundedWritingTest, LanguagesHaveNames) {
  EXPECT_EQ(language_name("ko"), "Korean");
  EXPECT_THROW(language_name("tlh"), Error);
}

}  // namespace
}  // namespace ogam
