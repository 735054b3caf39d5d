#include "core/media/kind.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "core/base/error.h"
#include "tests/core/media/test_media.h"

namespace ogam {
namespace {

using test::media;

class KindTest : public ::testing::Test {
 protected:
  MediaKind kind_of(const std::string& name, const std::string& content) {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return detect_media_kind(folder_ / name);
  }

  std::optional<ErrorCode> error_of(const std::string& name, const std::string& content) {
    try {
      kind_of(name, content);
    } catch (const Error& error) {
      return error.code();
    }
    return std::nullopt;
  }

  test::TemporaryFolder folder_;
};

TEST_F(KindTest, IsFoundByContent) {
  EXPECT_EQ(detect_media_kind(media("plain.mp4")), MediaKind::video);
  EXPECT_EQ(detect_media_kind(media("odd.webm")), MediaKind::video);
  EXPECT_EQ(detect_media_kind(media("moving.gif")), MediaKind::video);
  EXPECT_EQ(detect_media_kind(media("still.gif")), MediaKind::image);
  EXPECT_EQ(detect_media_kind(media("corner.jpg")), MediaKind::image);
  EXPECT_EQ(detect_media_kind(media("tone.mp3")), MediaKind::audio);
  EXPECT_EQ(detect_media_kind(media("cover.mp3")), MediaKind::audio);
  EXPECT_EQ(detect_media_kind(media("cover.m4a")), MediaKind::audio);
}

TEST_F(KindTest, TheNameDoesNotMatter) {
  EXPECT_EQ(detect_media_kind(media("text.mp4")), MediaKind::text);
  std::filesystem::copy_file(media("plain.mp4"), folder_ / "clip.txt");
  EXPECT_EQ(detect_media_kind(folder_ / "clip.txt"), MediaKind::video);
  std::filesystem::copy_file(media("corner.png"), folder_ / "picture.mp4");
  EXPECT_EQ(detect_media_kind(folder_ / "picture.mp4"), MediaKind::image);
}

TEST_F(KindTest, TellsSubtitlesFromText) {
  EXPECT_EQ(kind_of("a.txt", "1\r\n00:00:01,000 --> 00:00:02,000\r\n안녕\r\n"),
            MediaKind::subtitles);
  EXPECT_EQ(kind_of("b.txt", "\xEF\xBB\xBFWEBVTT\n\n00:01.000 --> 00:02.000\nhi\n"),
            MediaKind::subtitles);
  EXPECT_EQ(kind_of("c.txt", "<SAMI><BODY><SYNC Start=10>a</SAMI>"), MediaKind::subtitles);
  EXPECT_EQ(kind_of("d.srt", "그냥 글"), MediaKind::text);
}

TEST_F(KindTest, KnowsTheEncodingsOfKoreanText) {
  EXPECT_EQ(kind_of("a.txt", "\xBE\xC8\xB3\xE7 cp949"), MediaKind::text);
  EXPECT_EQ(kind_of("b.txt", "\xFF\xFEh\x01"), MediaKind::text);
  EXPECT_EQ(kind_of("c.smi", "<SAMI><BODY><SYNC Start=10>\xBE\xC8\xB3\xE7</SAMI>"),
            MediaKind::subtitles);
}

TEST_F(KindTest, SaysWhyAFileIsNotRead) {
  EXPECT_EQ(error_of("a.mp4", ""), ErrorCode::corrupt_data);
  EXPECT_EQ(error_of("b.txt", "\xFF\xFEh"), ErrorCode::unsupported);  // half a character
  EXPECT_EQ(error_of("c.pdf", "%PDF-1.7 ..."), ErrorCode::unsupported);
  EXPECT_EQ(error_of("d.mp4", "#EXTM3U\nplain.mp4\n"), ErrorCode::unsupported);
  EXPECT_EQ(error_of("e.srt", "\x82\xB1\x82\xF1 shift-jis"), ErrorCode::unsupported);
  EXPECT_EQ(error_of("g.heic", std::string("\0\0\0\x18"
                                           "ftypheic",
                                           12)),
            ErrorCode::unsupported);
  EXPECT_EQ(error_of("f.mp4", std::string("\x01\x02\x00\x03\xFF", 5)), ErrorCode::unsupported);
  EXPECT_THROW(detect_media_kind(folder_ / "missing"), Error);
  EXPECT_THROW(detect_media_kind(folder_.path()), Error);
}

TEST_F(KindTest, RandomBytesAreNoMedia) {
  unsigned state = 1;
  for (int file = 0; file < 20; ++file) {
    std::string content(20'000, '\0');
    for (char& c : content) {
      state = state * 1664525U + 1013904223U;
      c = static_cast<char>(state >> 24);
    }
    EXPECT_TRUE(error_of(fmt::format("{}.mp4", file), content)) << file;
  }
}

TEST_F(KindTest, KnowsExtensions) {
  EXPECT_TRUE(has_media_extension("a/b.MP4"));
  EXPECT_TRUE(has_media_extension("자막.smi"));
  EXPECT_TRUE(has_media_extension("IMG_0001.HEIC"));  // to be refused with the way out
  EXPECT_FALSE(has_media_extension("a.cpp"));
  EXPECT_FALSE(has_media_extension("mp4"));
}

}  // namespace
}  // namespace ogam
