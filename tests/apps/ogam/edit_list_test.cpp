#include "apps/ogam/edit_list.h"

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

}  // namespace
}  // namespace ogam
