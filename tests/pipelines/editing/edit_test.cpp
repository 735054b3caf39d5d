#include "pipelines/editing/edit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "core/base/error.h"
#include "pipelines/editing/edit_sources.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

using ::testing::HasSubstr;

Edit read(const std::string& text) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "cut.json") << text;
  return read_edit(folder / "cut.json");
}

TEST(EditTest, ClipsAndCardsAreRead) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "cut.json") << R"({"vertical": true, "clips": [
    {"title": "여행", "cross_fade": 0.5},
    {"path": "a b.mp4", "start": 1.5, "end": 2, "caption": "here"},
    {"path": "/media/c.mp4", "start": 0, "end": 1},
    {"title": "End", "duration": 1}]})";
  const Edit edit = read_edit(folder / "cut.json");
  EXPECT_TRUE(edit.vertical);
  ASSERT_EQ(edit.clips.size(), 4U);
  EXPECT_EQ(edit.clips[0].title, "여행");
  EXPECT_EQ(edit.clips[0].span, (TimeSpan{0, 3 * kSecond}));
  EXPECT_EQ(edit.clips[0].cross_fade, kSecond / 2);
  EXPECT_EQ(edit.clips[1].path, folder / "a b.mp4");
  EXPECT_EQ(edit.clips[1].span, (TimeSpan{1'500'000, 2 * kSecond}));
  EXPECT_EQ(edit.clips[1].caption, "here");
  EXPECT_EQ(edit.clips[2].path, "/media/c.mp4");
  EXPECT_EQ(edit.clips[3].span.end, kSecond);
}

TEST(EditTest, WhatMakesNoSenseIsNamedWithItsClip) {
  for (const auto& [text, said] : {
           std::pair{R"({"clips": []})", "one at least"},
           {R"({"clips": {}})", "list of clips"},
           {R"([])", "an object"},
           {R"({"clips": [3]})", "clip 1"},
           {R"({"clips": [{"title": "a"}, {"path": "a", "start": 1}]})", "clip 2"},
           {R"({"clips": [{"path": "a", "start": 2, "end": 1}]})", "ends before"},
           {R"({"clips": [{"path": "a", "start": -1, "end": 1}]})", "negative"},
           {R"({"clips": [{"path": "a", "start": "0", "end": 1}]})", "start"},
           {R"({"clips": [{"title": "a", "start": 0, "end": 1}]})", "duration"},
           {R"({"clips": [{"path": "a", "start": 0, "end": 1, "speed": 2}]})", "'speed'"},
           {R"({"clips": [{"title": "a"}], "fps": 25})", "'fps'"},
       }) {
    try {
      read(text);
      ADD_FAILURE() << text << " was read";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(said)) << text;
    }
  }
}

Moment moment(const std::string& asset, TimeSpan span, const std::string& kind = "video") {
  Moment found;
  found.asset = asset;
  found.path = asset + ".mp4";
  found.kind = kind;
  found.span = span;
  return found;
}

TEST(EditSourcesTest, MomentsThatTouchBecomeOneClipAndPicturesAreLeftOut) {
  const Edit edit = edit_of_moments(
      {moment("a", {10 * kSecond, 12 * kSecond}), moment("p", {0, 0}, "image"),
       moment("b", {kSecond / 2, 2 * kSecond}), moment("a", {13 * kSecond, 14 * kSecond}),
       moment("a", {20 * kSecond, 21 * kSecond})},
      kSecond);
  ASSERT_EQ(edit.clips.size(), 3U);
  EXPECT_EQ(edit.clips[0].span, (TimeSpan{9 * kSecond, 15 * kSecond}));
  EXPECT_EQ(edit.clips[1].path, "b.mp4");
  EXPECT_EQ(edit.clips[1].span, (TimeSpan{0, 3 * kSecond}));
  EXPECT_EQ(edit.clips[2].span, (TimeSpan{19 * kSecond, 22 * kSecond}));
}

Edit edit_of(const std::vector<Time>& durations, Time fade) {
  Edit edit;
  for (const Time duration : durations) {
    edit.clips.push_back({.path = "a", .span = {kSecond, kSecond + duration}, .cross_fade = fade});
  }
  return edit;
}

Time duration_of(const Edit& edit) {
  Time total = 0;
  for (std::size_t i = 0; i < edit.clips.size(); ++i) {
    total +=
        edit.clips[i].span.duration() - (i + 1 < edit.clips.size() ? edit.clips[i].cross_fade : 0);
  }
  return total;
}

TEST(EditSourcesTest, AnEditIsCutOffWhereItIsTooLong) {
  for (const Time fade : {Time{0}, kSecond / 2}) {
    for (const Time longest : {kSecond, 4 * kSecond, 4 * kSecond + 100'000, 5 * kSecond}) {
      Edit edit = edit_of({4 * kSecond, 4 * kSecond, 4 * kSecond}, fade);
      limit_duration(edit, longest);
      EXPECT_LE(duration_of(edit), longest);
      EXPECT_GT(duration_of(edit), longest - kSecond / 2);
      for (std::size_t i = 0; i + 1 < edit.clips.size(); ++i) {
        EXPECT_LE(edit.clips[i].cross_fade, edit.clips[i + 1].span.duration() / 2);
      }
    }
  }
  Edit short_enough = edit_of({kSecond, kSecond}, 0);
  limit_duration(short_enough, 2 * kSecond);
  EXPECT_EQ(duration_of(short_enough), 2 * kSecond);
}

}  // namespace
}  // namespace ogam
