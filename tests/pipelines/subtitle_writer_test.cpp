#include "pipelines/subtitle_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/text/unicode.h"

namespace ogam {
namespace {

TimedText spoken(const std::vector<std::string>& words, Time start, Time each) {
  TimedText text;
  for (const auto& word : words) {
    text.words.push_back({.span = {start, start + each}, .text = word});
    text.text += (text.text.empty() ? "" : " ") + word;
    start += each;
  }
  text.span = {text.words.front().span.start, text.words.back().span.end};
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

const TimedText kShort = {
    .span = {1'500'000, 2'250'000}, .text = "Hello <you> & me", .words = {}, .language = ""};

Transcript transcript_of(const TimedText& utterance) {
  return {.utterances = {utterance}, .language = "ko", .duration = 5 * kSecond};
}

TEST(SubtitleWriterTest, WritesSubRip) {
  EXPECT_EQ(write_transcript(transcript_of(kShort), "srt"),
            "1\n00:00:01,500 --> 00:00:02,250\nHello <you> & me\n\n");
}

TEST(SubtitleWriterTest, WritesWebVttWithMarkupEscaped) {
  EXPECT_EQ(write_transcript(transcript_of(kShort), "vtt"),
            "WEBVTT\n\n00:00:01.500 --> 00:00:02.250\nHello &lt;you&gt; &amp; me\n\n");
}

TEST(SubtitleWriterTest, WritesAdvancedSubStationWithoutOrdersFromTheText) {
  TimedText text = kShort;
  text.text = "{\\b1}a\\Nb";
  const std::string document = write_transcript(transcript_of(text), "ass");
  EXPECT_THAT(document, ::testing::StartsWith("[Script Info]\n"));
  EXPECT_THAT(document, ::testing::HasSubstr(
                            "\nDialogue: 0,0:00:01.50,0:00:02.25,Default,,0,0,0,,(/b1)a/Nb\n"));
}

TEST(SubtitleWriterTest, LinesOfKoreanAreShorter) {
  const std::vector<std::string> words(12, "여러분");
  const auto width_of = [&](const std::string& language) {
    Transcript transcript = transcript_of(spoken(words, 0, 300'000));
    transcript.language = language;
    int widest = 0;
    for (const auto& line : lines_of(write_transcript(transcript, "srt"))) {
      widest = std::max(widest, display_width(line));
    }
    return widest;
  };
  EXPECT_LE(width_of("ko"), 32);
  EXPECT_GT(width_of("en"), 32);
}

TEST(SubtitleWriterTest, WritesTextAndJson) {
  EXPECT_EQ(write_transcript(transcript_of(kShort), "txt"), "Hello <you> & me\n");
  const auto json = parse_json(
      write_transcript(transcript_of(spoken({"네", "맞아요"}, 0, kSecond)), "json"), "test");
  EXPECT_EQ(json.at("language"), "ko");
  EXPECT_EQ(json.at("duration"), 5.0);
  const auto& word = json.at("utterances").at(0).at("words").at(1);
  EXPECT_EQ(word.at("text"), "맞아요");
  EXPECT_EQ(word.at("start"), 1.0);
}

TEST(SubtitleWriterTest, LongUtterancesAreDividedByTheTimesOfTheirWords) {
  std::vector<std::string> words(40, "amiable");
  words[11] = "amiable.";
  const auto subtitles = lay_out_subtitles({{spoken(words, kSecond, 200'000)}});
  ASSERT_GE(subtitles.size(), 3U);
  // The first ends with the sentence, not where the lines are full.
  EXPECT_EQ(subtitles[0].span.start, kSecond);
  EXPECT_EQ(subtitles[1].span.start, subtitles[0].span.end);
  std::size_t count = 0;
  for (const auto& subtitle : subtitles) {
    const auto lines = lines_of(subtitle.text);
    EXPECT_LE(lines.size(), 2U);
    for (const auto& line : lines) {
      EXPECT_LE(display_width(line), 42) << line;
    }
    count += static_cast<std::size_t>(std::count(subtitle.text.begin(), subtitle.text.end(), 'm'));
  }
  EXPECT_EQ(count, 40U);  // no word is lost
}

TEST(SubtitleWriterTest, BreaksAtTheEndOfASentence) {
  std::vector<std::string> words(16, "seven77");
  words[7] = "end.";
  const auto subtitles = lay_out_subtitles({{spoken(words, 0, 100'000)}});
  ASSERT_EQ(subtitles.size(), 2U);
  EXPECT_TRUE(subtitles[0].text.ends_with("end."));
}

TEST(SubtitleWriterTest, KoreanSyllablesTakeTwoColumns) {
  const auto subtitles =
      lay_out_subtitles({{spoken({"오늘은", "서울에서", "열린", "국제", "영상", "검색", "학회",
                                  "소식을", "전해", "드리겠습니다."},
                                 0, 300'000)}});
  for (const auto& subtitle : subtitles) {
    for (const auto& line : lines_of(subtitle.text)) {
      EXPECT_LE(display_width(line), 42) << line;
    }
  }
  EXPECT_EQ(lines_of(subtitles[0].text).size(), 2U);
}

TEST(SubtitleWriterTest, TextWithoutSpacesIsDividedAtCharacters) {
  TimedText text{.span = {0, 4 * kSecond}, .text = "", .words = {}, .language = ""};
  for (int i = 0; i < 60; ++i) {
    text.text += "晴";
  }
  const auto subtitles = lay_out_subtitles({{text}});
  ASSERT_EQ(subtitles.size(), 2U);
  EXPECT_EQ(subtitles.back().span.end, 4 * kSecond);
  EXPECT_EQ(lines_of(subtitles[0].text).size(), 2U);
}

TEST(SubtitleWriterTest, TextThatNoWordCoversIsKept) {
  TimedText text = spoken({"네", "맞아요"}, 0, kSecond);
  text.text = "— 네 (웃음) 맞아요.";
  const auto subtitles = lay_out_subtitles({{text}});
  ASSERT_EQ(subtitles.size(), 1U);
  EXPECT_EQ(subtitles[0].text, text.text);
}

TEST(SubtitleWriterTest, ASubtitleNeverEndsAsItStarts) {
  const auto subtitles = lay_out_subtitles({{spoken({"네"}, kSecond, 0)}});
  ASSERT_EQ(subtitles.size(), 1U);
  EXPECT_GT(subtitles[0].span.end, subtitles[0].span.start);
}

TEST(SubtitleWriterTest, UnknownFormatsAreRefused) {
  EXPECT_THROW(write_transcript({}, "doc"), Error);
}

}  // namespace
}  // namespace ogam
