#include "pipelines/editing/edit_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ogam {
namespace {

using ::testing::HasSubstr;

TEST(EditListTest, EventsFollowEachOtherAndKeepTheirLengthToTheFrame) {
  EditList list("test");
  list.add("/media/a.mp4", {12'000, 1'012'000});
  // 26 frames of its file, though it lasts 25.3: rounding the list's own times would give 25.
  list.add("/media/b.mp4", {10'016'000, 11'028'000});
  list.add("/media/c.mp4", {3600 * kSecond, 3601 * kSecond});
  EXPECT_THAT(list.text(), HasSubstr("001  AX       AA/V  C        00:00:00:00 00:00:01:00 "
                                     "00:00:00:00 00:00:01:00\n* FROM CLIP NAME: a.mp4"));
  EXPECT_THAT(list.text(), HasSubstr("002  AX       AA/V  C        00:00:10:00 00:00:11:01 "
                                     "00:00:01:00 00:00:02:01"));
  EXPECT_THAT(list.text(), HasSubstr("003  AX       AA/V  C        01:00:00:00 01:00:01:00 "
                                     "00:00:02:01 00:00:03:01"));
}

TEST(EditListTest, AnEventHasAFrameAtLeast) {
  EditList list("test");
  list.add("a.mp4", {kSecond, kSecond});
  EXPECT_THAT(list.text(), HasSubstr("00:00:01:00 00:00:01:01 00:00:00:00 00:00:00:01"));
}

TEST(EditListTest, ADissolveBeginsWhereTheEventBeforeIsLeft) {
  EditList list("test");
  list.add("a.mp4", {0, 2 * kSecond});
  list.add("b.mp4", {10 * kSecond, 12 * kSecond}, 400'000);
  list.add_card("The end", kSecond);
  EXPECT_THAT(list.text(),
              HasSubstr("001  AX       AA/V  C        00:00:00:00 00:00:01:15 00:00:00:00 "
                        "00:00:01:15\n"));
  EXPECT_THAT(list.text(),
              HasSubstr("002  AX       AA/V  C        00:00:01:15 00:00:01:15 00:00:01:15 "
                        "00:00:01:15\n"
                        "002  AX       AA/V  D    010 00:00:10:00 00:00:12:00 00:00:01:15 "
                        "00:00:03:15\n* FROM CLIP NAME: a.mp4\n* TO CLIP NAME: b.mp4\n"));
  EXPECT_THAT(list.text(), HasSubstr("003  BL       AA/V  C        00:00:00:00 00:00:01:00 "
                                     "00:00:03:15 00:00:04:15"));
}

TEST(EditListTest, TimeCodesCountWholeFramesASecond) {
  EditList list("test", {30000, 1001});
  list.add("a.mp4", {0, 1'001'000});
  EXPECT_THAT(list.text(), HasSubstr("00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00"));
}

}  // namespace
}  // namespace ogam
