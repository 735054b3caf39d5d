#include "core/media/coded_video.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "tests/core/media/test_media.h"

namespace ogam {
namespace {

TEST(CodedVideoTest, EntriesAreWhereAStreamCanBeCut) {
  const CodedVideo closed(test::media("closed.mp4"), {0, 4 * kSecond});
  ASSERT_TRUE(closed.format().has_value()) << closed.obstacle();
  std::vector<Time> entries;
  for (const CodedFrame& frame : closed.frames()) {
    if (frame.entry) {
      entries.push_back(frame.time);
    }
  }
  EXPECT_EQ(entries, (std::vector<Time>{0, kSecond, 2 * kSecond, 3 * kSecond}));
  EXPECT_EQ(closed.shown_times().size(), 100U);

  const CodedVideo open(test::media("open_gop.mkv"), {0, 4 * kSecond});
  EXPECT_EQ(std::ranges::count_if(open.frames(), &CodedFrame::entry), 1);
}

TEST(CodedVideoTest, WhatCannotBeTakenOverSaysWhy) {
  for (const auto& [name, reason] :
       {std::pair{"hevc.mp4", "hevc"}, {"rotated_90.mp4", "turned"}, {"ten_bit.mkv", "profile"}}) {
    const CodedVideo video(test::media(name), {0, kSecond});
    EXPECT_FALSE(video.format().has_value());
    EXPECT_NE(video.obstacle().find(reason), std::string::npos) << video.obstacle();
  }
  EXPECT_THROW(CodedVideo(test::media("tone.wav"), {0, kSecond}), Error);
}

}  // namespace
}  // namespace ogam
