#include "core/media/subtitles.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/media/text_file.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

TEST(SubtitlesTest, ReadsSubRip) {
  const auto cues = parse_subtitles(
      "\xEF\xBB\xBF"
      "1\r\n00:00:01,500 --> 00:00:02,750\r\n<i>안녕하세요</i>\r\n두 번째 줄\r\n\r\n"
      "2\r\n01:00:00,000 --> 01:00:01,000\r\n{\\an8}Hello &amp; bye\r\n");
  ASSERT_EQ(cues.size(), 2U);
  EXPECT_EQ(cues[0].span, (TimeSpan{1'500'000, 2'750'000}));
  EXPECT_EQ(cues[0].text, "안녕하세요\n두 번째 줄");
  EXPECT_EQ(cues[1].span.start, 3600 * kSecond);
  EXPECT_EQ(cues[1].text, "Hello & bye");
}

TEST(SubtitlesTest, ReadsWebVtt) {
  const auto cues = parse_subtitles(
      "WEBVTT - title\n\nNOTE nothing\n\nSTYLE\n::cue { color: red }\n\n"
      "intro\n00:01.000 --> 00:02.000 position:10%\n<v Kim>첫 말</v>\n\n"
      "00:00:05.000 --> 00:00:06.000\n1 < 2\n");
  ASSERT_EQ(cues.size(), 2U);
  EXPECT_EQ(cues[0].span, (TimeSpan{1'000'000, 2'000'000}));
  EXPECT_EQ(cues[0].text, "첫 말");
  EXPECT_EQ(cues[1].text, "1 < 2");
}

TEST(SubtitlesTest, ReadsSami) {
  const auto cues = parse_subtitles(
      "<SAMI><HEAD></HEAD><BODY>\n<SYNC Start=1000><P Class=KRCC>첫 줄<br>둘째 줄\n"
      "<SYNC Start=2500><P Class=KRCC>&nbsp;\n<sync start=\"4000\"><P>끝\n</BODY></SAMI>");
  ASSERT_EQ(cues.size(), 2U);
  EXPECT_EQ(cues[0].span, (TimeSpan{1'000'000, 2'500'000}));
  EXPECT_EQ(cues[0].text, "첫 줄\n둘째 줄");
  EXPECT_EQ(cues[1].span.start, 4'000'000);
  EXPECT_EQ(cues[1].text, "끝");
}

TEST(SubtitlesTest, ForgivesSingleBrokenCues) {
  const auto cues = parse_subtitles(
      "00:00:05,000 --> 00:00:06,000\nlater\n\n\n\n"
      "x\n00:00:09,000 --> 00:00:08,000\nends before it starts\n\n"
      "99999999999:00:00 --> 1:00\nno time\n\n"
      "00:00:01,000-->00:00:02,000\nfirst\r\r"
      "00:00:03,000 --> 00:00:04,000\n\n");
  ASSERT_EQ(cues.size(), 2U);
  EXPECT_EQ(cues[0].text, "first");
  EXPECT_EQ(cues[1].text, "later");
}

TEST(SubtitlesTest, TagsOfSamiMayRunOverLines) {
  const auto cues = parse_subtitles(
      "<SAMI><BODY><SYNC Start='1000'><P\nClass=KRCC\n>it&#39;s<br>끝 &lt;P&gt;\n</BODY></SAMI>");
  ASSERT_EQ(cues.size(), 1U);
  EXPECT_EQ(cues[0].span.start, kSecond);
  EXPECT_EQ(cues[0].text, "it's\n끝 <P>");
}

TEST(SubtitlesTest, TimesBeyondAnyFilmAreBroken) {
  EXPECT_THROW(parse_subtitles("900:00:00,000 --> 900:00:01,000\nlate\n"), Error);
  EXPECT_THROW(parse_subtitles("<SAMI><SYNC Start=2147483647>late</SAMI>"), Error);
}

TEST(SubtitlesTest, ManyUnfinishedTagsAreReadInNoTime) {
  std::string text = "00:01.000 --> 00:02.000\n";
  for (int i = 0; i < 2'000'000; ++i) {
    text += i % 2 == 0 ? "<a" : "{\\";
  }
  EXPECT_EQ(parse_subtitles(text).at(0).text.size(), 4'000'000U);
}

TEST(SubtitlesTest, RefusesMoreCuesThanAnyFilmHas) {
  std::string text;
  for (int i = 0; i < 200'001; ++i) {
    text += "0:0-->0:1\na\n";
  }
  try {
    parse_subtitles(text);
    FAIL() << "too many cues were read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::resource_exhausted);
  }
}

TEST(SubtitlesTest, RefusesTextWithoutACue) {
  EXPECT_THROW(parse_subtitles(""), Error);
  EXPECT_THROW(parse_subtitles("just words\n\nand more"), Error);
  EXPECT_THROW(parse_subtitles("WEBVTT\n\n"), Error);
}

TEST(TextFileTest, DropsTheByteOrderMark) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "a.txt", std::ios::binary) << "\xEF\xBB\xBF가나\n";
  EXPECT_EQ(read_text_file(folder / "a.txt"), "가나\n");
}

TEST(TextFileTest, ReadsTheEncodingsOfKoreanText) {
  using namespace std::string_view_literals;
  EXPECT_EQ(decode_text("\xFF\xFE\x00\xAC\x41\x00\x3C\xD8\xAC\xDF"sv), "가A🎬");
  EXPECT_EQ(decode_text("\xFE\xFF\xAC\x00\x00\x41"sv), "가A");
  // "안녕, 세상 ♪" and a syllable that only CP949 has.
  EXPECT_EQ(decode_text("\xBE\xC8\xB3\xE7, \xBC\xBC\xBB\xF3 \xA2\xDC"sv), "안녕, 세상 ♪");
  EXPECT_EQ(decode_text("\xBE\xC8\xB3\xE7\xBC\xBC\xBB\xF3\x8C\x63"sv), "안녕세상똠");
  const test::TemporaryFolder folder;
  std::ofstream(folder / "a.srt", std::ios::binary)
      << "1\r\n00:00:01,000 --> 00:00:02,000\r\n\xBE\xC8\xB3\xE7\r\n";
  EXPECT_EQ(read_subtitles(folder / "a.srt").at(0).text, "안녕");
}

TEST(TextFileTest, AStartMayEndInsideACharacter) {
  using namespace std::string_view_literals;
  for (const std::string_view cut :
       {"\xEA\xB0"sv, "\xFF\xFE\x00\xAC\x41"sv, "\xBE\xC8\xB3\xE7\xBC"sv}) {
    EXPECT_TRUE(decode_text(cut, true)) << cut.size();
    EXPECT_FALSE(decode_text(cut)) << cut.size();
  }
}

TEST(TextFileTest, OtherEncodingsAreNotTakenForKorean) {
  EXPECT_FALSE(decode_text("\x82\xB1\x82\xF1\x82\xC9"));          // こんに in Shift JIS
  EXPECT_FALSE(decode_text("\xA4\xB3\xA4\xF3\xA4\xCB"));          // the same in EUC-JP
  EXPECT_FALSE(decode_text("\xCE\xD2\xCA\xC7\xD6\xD0\xB9\xFA"));  // 我是中国 in GBK
  EXPECT_FALSE(decode_text("caf\xE9 cr\xE8me"));                  // Latin 1
}

TEST(TextFileTest, RefusesOtherEncodingsAndLengths) {
  const test::TemporaryFolder folder;
  std::ofstream(folder / "a.txt", std::ios::binary) << "\xFF\xFE\x41\x01\x42";
  std::ofstream(folder / "b.txt", std::ios::binary) << "\xA4\xB3\xA4\xF3";
  std::ofstream(folder / "c.txt", std::ios::binary) << "long";
  EXPECT_THROW(read_text_file(folder / "a.txt"), Error);
  EXPECT_THROW(read_text_file(folder / "b.txt"), Error);
  EXPECT_THROW(read_text_file(folder / "c.txt", {.max_text_bytes = 3}), Error);
}

TEST(TextFileTest, TellsTextByItsBytes) {
  EXPECT_TRUE(looks_like_text("tab\tand 한글 🎬\r\n"));
  EXPECT_FALSE(looks_like_text(std::string_view("a\0b", 3)));
  EXPECT_FALSE(looks_like_text("\xC0\x80"));      // overlong
  EXPECT_FALSE(looks_like_text("\xED\xA0\x80"));  // surrogate
  EXPECT_FALSE(looks_like_text("\xEA\xB0"));
  EXPECT_TRUE(looks_like_text("\xEA\xB0", true));
}

}  // namespace
}  // namespace ogam
