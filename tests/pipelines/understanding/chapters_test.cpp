#include "pipelines/understanding/chapters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"
#include "core/text/unicode.h"
#include "pipelines/understanding/chapter_formats.h"
#include "tests/pipelines/understanding/sample_material.h"

namespace ogam {
namespace {

using test::add_pictures;
using test::empty_video;
using test::sentence;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::vector<double> starts_of(const std::vector<Chapter>& chapters) {
  std::vector<double> starts;
  for (const Chapter& chapter : chapters) {
    starts.push_back(to_seconds(chapter.span.start));
  }
  return starts;
}

void expect_whole(const std::vector<Chapter>& chapters, Time duration) {
  ASSERT_FALSE(chapters.empty());
  EXPECT_EQ(chapters.front().span.start, 0);
  EXPECT_EQ(chapters.back().span.end, duration);
  for (std::size_t i = 1; i < chapters.size(); ++i) {
    EXPECT_EQ(chapters[i].span.start, chapters[i - 1].span.end);
  }
}

TEST(ChaptersTest, BeginWhereWhatIsSeenChanges) {
  AssetMaterial material = empty_video(90 * kSecond);
  add_pictures(material, {0, 25 * kSecond}, 1);
  add_pictures(material, {25 * kSecond, 60 * kSecond}, 2);
  add_pictures(material, {60 * kSecond, 90 * kSecond}, 3);
  const auto chapters = find_chapters(material);
  EXPECT_THAT(starts_of(chapters), ElementsAre(0, 25, 60));
  expect_whole(chapters, material.asset.duration);
  EXPECT_FALSE(chapters[0].boundary.has_value());
  ASSERT_TRUE(chapters[1].boundary.has_value());
  EXPECT_GT(chapters[1].boundary->pictures, 0.6);
}

TEST(ChaptersTest, BeginWhereWhatIsSaidChanges) {
  AssetMaterial material = empty_video(120 * kSecond);
  add_pictures(material, {0, 120 * kSecond}, 1);
  for (Time i = 0; i < 30; ++i) {
    material.spoken.push_back(sentence({i * 4 * kSecond + kSecond, (i + 1) * 4 * kSecond},
                                       "Some sentence.", i < 15 ? 10 : 11));
  }
  // The first sentence of the new topic begins a second after a segment does.
  EXPECT_THAT(starts_of(find_chapters(material)), ElementsAre(0, 60));
}

TEST(ChaptersTest, OneTopicIsOneChapter) {
  AssetMaterial material = empty_video(100 * kSecond);
  add_pictures(material, {0, 100 * kSecond}, 1);
  for (Time i = 0; i < 25; ++i) {
    material.spoken.push_back(
        sentence({i * 4 * kSecond, (i + 1) * 4 * kSecond}, "Some sentence.", 10));
  }
  EXPECT_EQ(find_chapters(material).size(), 1U);
}

TEST(ChaptersTest, LengthsAreKept) {
  AssetMaterial material = empty_video(300 * kSecond);
  for (Time i = 0; i < 30; ++i) {
    add_pictures(material, {i * 10 * kSecond, (i + 1) * 10 * kSecond}, static_cast<unsigned>(i));
  }
  for (const Time min : {10, 25, 70}) {
    const auto chapters = find_chapters(material, {.min_length = min * kSecond});
    EXPECT_GT(chapters.size(), 1U) << min;
    for (const Chapter& chapter : chapters) {
      EXPECT_GE(chapter.span.duration(), min * kSecond);
    }
  }
  // Where nothing changes, a greatest length alone makes no chapter; where it may, it does.
  for (const Chapter& chapter :
       find_chapters(material, {.min_length = 10 * kSecond, .max_length = 20 * kSecond})) {
    EXPECT_LE(chapter.span.duration(), 20 * kSecond);
  }
}

TEST(ChaptersTest, AShortVideoIsOneChapter) {
  AssetMaterial material = empty_video(4 * kSecond);
  add_pictures(material, {0, 4 * kSecond}, 1);
  const auto chapters = find_chapters(material);
  ASSERT_EQ(chapters.size(), 1U);
  EXPECT_EQ(chapters[0].title, "Chapter 1");
  EXPECT_EQ(chapters[0].title_source, TitleSource::number);
}

TEST(ChaptersTest, TitlesComeFromTheScreenFirst) {
  AssetMaterial material = empty_video(20 * kSecond);
  material.written.push_back(sentence({kSecond, 6 * kSecond}, "다음 역은\n서울역입니다"));
  material.spoken.push_back(sentence({0, 3 * kSecond}, "The budget meeting."));
  const auto chapters = find_chapters(material);
  EXPECT_EQ(chapters[0].title, "다음 역은 서울역입니다");
  EXPECT_EQ(chapters[0].title_source, TitleSource::screen);
}

TEST(ChaptersTest, TitlesAreKeyPhrases) {
  AssetMaterial material = empty_video(20 * kSecond);
  material.spoken = {sentence({0, 3 * kSecond}, "We talk about the city library."),
                     sentence({4 * kSecond, 7 * kSecond}, "The city library is new.")};
  const auto english = find_chapters(material);
  EXPECT_THAT(english[0].title, StartsWith("City library"));
  EXPECT_EQ(english[0].title_source, TitleSource::phrases);

  material.spoken = {sentence({0, 3 * kSecond}, "새로운 도서관을 소개합니다", 0, "ko"),
                     sentence({4 * kSecond, 7 * kSecond}, "도서관에서 책을 빌려요", 0, "ko")};
  const auto korean = find_chapters(material);
  EXPECT_THAT(korean[0].title, HasSubstr("도서관"));
  EXPECT_THAT(korean[0].title, ::testing::Not(HasSubstr("도서관을")));
}

TEST(ChaptersTest, TitlesAreLabelsWhereNothingIsSaid) {
  AssetMaterial material = empty_video(20 * kSecond);
  for (SegmentMaterial& segment : material.segments) {
    segment.pictures = {{"bicycle", 0.7F}, {"taxi", 0.1F}};
  }
  const auto chapters = find_chapters(material);
  EXPECT_EQ(chapters[0].title, "Bicycle");
  EXPECT_EQ(chapters[0].title_source, TitleSource::labels);
}

TEST(ChaptersTest, TitlesAreOneShortLine) {
  AssetMaterial material = empty_video(20 * kSecond);
  material.spoken = {sentence({0, 3 * kSecond}, std::string(500, 'x') + " y")};
  const auto chapters = find_chapters(material);
  EXPECT_LE(display_width(chapters[0].title), 60);
  EXPECT_THAT(chapters[0].title, ::testing::EndsWith("…"));
}

TEST(ChaptersTest, WhatHasNoTimeHasNone) {
  AssetMaterial picture = empty_video(0);
  picture.asset.kind = "image";
  EXPECT_THROW(find_chapters(picture), Error);
  AssetMaterial video = empty_video(60 * kSecond);
  EXPECT_THROW(find_chapters(video, {.min_length = 20 * kSecond, .max_length = 10 * kSecond}),
               Error);
}

std::vector<Chapter> three_chapters() {
  return {{.span = {0, 12 * kSecond}, .title = "One; two = #3\\"},
          {.span = {12 * kSecond, 3700 * kSecond}, .title = "<b> & -->"},
          {.span = {3700 * kSecond, 3800 * kSecond + 500'000}, .title = "끝"}};
}

TEST(ChapterFormatsTest, YoutubeGetsALineEach) {
  EXPECT_EQ(write_youtube_chapters(three_chapters()),
            "0:00 One; two = #3\\\n0:12  b  & -- \n1:01:40 끝\n");
}

TEST(ChapterFormatsTest, YoutubeTakesThreeOfTenSecondsAtLeast) {
  auto chapters = three_chapters();
  chapters[0].span.end = chapters[1].span.start = 9 * kSecond;
  EXPECT_THROW(write_youtube_chapters(chapters), Error);
  EXPECT_THROW(write_youtube_chapters(std::span(chapters).first(2)), Error);
}

TEST(ChapterFormatsTest, FfmetadataIsEscaped) {
  const std::string text = write_ffmetadata(three_chapters());
  EXPECT_THAT(text, StartsWith(";FFMETADATA1\n"));
  EXPECT_THAT(text, HasSubstr("title=One\\; two \\= \\#3\\\\\n"));
  EXPECT_THAT(text, HasSubstr("START=3700000000\nEND=3800500000\n"));
}

TEST(ChapterFormatsTest, WebVttIsEscaped) {
  const std::string text = write_vtt_chapters(three_chapters());
  EXPECT_THAT(text, StartsWith("WEBVTT\n\n1\n00:00:00.000 --> 00:00:12.000\n"));
  EXPECT_THAT(text, HasSubstr("\n&lt;b&gt; &amp; --&gt;\n"));
}

}  // namespace
}  // namespace ogam
