#include "pipelines/screen_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/error.h"
#include "tests/support/caption.h"

namespace ogam {
namespace {

/// A moving background with a caption, as it is at `second`.
Image scene(int second, const std::string& text) {
  test::Caption caption{.text = text, .outline = "black"};
  caption.source = "mandelbrot";
  Image image = test::draw_caption(caption);
  // The picture behind the caption changes: a band of it is painted over in another colour.
  for (int y = 0; y < 200; ++y) {
    for (int x = 0; x < 3 * image.width; ++x) {
      image.pixels[static_cast<std::size_t>(y * image.width * 3 + x)] =
          static_cast<std::uint8_t>(40 * second);
    }
  }
  return image;
}

TEST(ScreenTextReaderTest, GivesEachCaptionOnceWithItsSpan) {
  ScreenTextReader reader;
  const std::string first = "지금부터 발표를 시작하겠습니다";
  const std::string second = "Welcome to the annual meeting";
  for (int t = 0; t < 8; ++t) {
    reader.push(t * kSecond, scene(t % 5, t < 2 ? " " : t < 5 ? first : second));
  }
  const std::vector<TimedText> texts = reader.finish();
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_EQ(texts[0].text, first);
  EXPECT_EQ(texts[0].span, (TimeSpan{2 * kSecond, 5 * kSecond}));
  EXPECT_EQ(texts[1].text, second);
  EXPECT_EQ(texts[1].span, (TimeSpan{5 * kSecond, 8 * kSecond}));
}

TEST(ScreenTextReaderTest, TellsCaptionsThatDifferInOneWord) {
  ScreenTextReader reader;
  reader.push(0, test::draw_caption({.text = "다음 역은 서울역입니다"}));
  reader.push(kSecond, test::draw_caption({.text = "다음 역은 시청역입니다"}));
  const auto texts = reader.finish();
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_EQ(texts[0].text, "다음 역은 서울역입니다");
  EXPECT_EQ(texts[1].text, "다음 역은 시청역입니다");
}

TEST(ScreenTextReaderTest, ReadsAStandingCaptionOnce) {
  ScreenTextReader reader;
  const Image image = test::draw_caption({.text = "시민 여러분의 많은 참여 바랍니다"});
  for (int t = 0; t < 10; ++t) {
    reader.push(t * kSecond / 2, image);
  }
  EXPECT_EQ(reader.lines_read(), 1);
  const auto texts = reader.finish();
  ASSERT_EQ(texts.size(), 1U);
  EXPECT_EQ(texts[0].span, (TimeSpan{0, 5 * kSecond}));
}

TEST(ScreenTextReaderTest, JoinsTheLinesOfOneCaption) {
  ScreenTextReader reader;
  const Image image =
      test::draw_caption({.text = "주차장이 80면 늘어날 예정입니다\n많은 참여 바랍니다"});
  reader.push(0, image);
  reader.push(kSecond, image);
  const auto texts = reader.finish();
  ASSERT_EQ(texts.size(), 1U);
  // One glyph may be misread; the order of the lines may not change.
  EXPECT_GT(text_similarity(texts[0].text, "주차장이 80면 늘어날 예정입니다 많은 참여 바랍니다"),
            0.9F);
}

TEST(ScreenTextReaderTest, ACaptionThatComesBackLaterIsAnotherText) {
  ScreenTextReader reader;
  const Image empty = test::draw_caption({.text = " "});
  const Image image = test::draw_caption({.text = "Thank you for watching"});
  for (int t = 0; t < 20; ++t) {
    reader.push(t * kSecond, t < 3 || t >= 15 ? image : empty);
  }
  const auto texts = reader.finish();
  ASSERT_EQ(texts.size(), 2U);
  EXPECT_EQ(texts[0].span, (TimeSpan{0, 3 * kSecond}));
  EXPECT_EQ(texts[1].span, (TimeSpan{15 * kSecond, 20 * kSecond}));
}

TEST(ScreenTextReaderTest, OneMissedFrameDoesNotPartACaption) {
  ScreenTextReader reader;
  const Image empty = test::draw_caption({.text = " "});
  const Image image = test::draw_caption({.text = "Thank you for watching"});
  for (int t = 0; t < 6; ++t) {
    reader.push(t * kSecond, t == 3 ? empty : image);
  }
  EXPECT_EQ(reader.finish().size(), 1U);
}

TEST(ScreenTextReaderTest, CanBeUsedAgainAndRefusesFramesOutOfOrder) {
  ScreenTextReader reader;
  EXPECT_TRUE(reader.finish().empty());
  const Image image = test::draw_caption({.text = "Chapter 3"});
  reader.push(5 * kSecond, image);
  EXPECT_THROW(reader.push(5 * kSecond, image), Error);
  EXPECT_EQ(reader.finish().size(), 1U);
  reader.push(0, image);
  EXPECT_EQ(reader.finish().size(), 1U);
}

TEST(ReadScreenTextTest, GivesOneTextForEachBlock) {
  TesseractReader reader;
  Image image =
      test::draw_caption({.text = "Results and discussion\nof the first study", .top = 60});
  const Image below = test::draw_caption({.text = "시민 여러분의 참여", .top = 500});
  const auto half = static_cast<std::ptrdiff_t>(image.pixels.size() / 2);
  std::copy(below.pixels.begin() + half, below.pixels.end(), image.pixels.begin() + half);
  EXPECT_EQ(read_screen_text(reader, image),
            (std::vector<std::string>{"Results and discussion of the first study",
                                      "시민 여러분의 참여"}));
}

TEST(TextSimilarityTest, CountsEditsAndIgnoresSpacesAndCase) {
  EXPECT_FLOAT_EQ(text_similarity("Hello World", "helloworld"), 1);
  EXPECT_FLOAT_EQ(text_similarity("가나다라", "가나다마"), 0.75F);
  EXPECT_FLOAT_EQ(text_similarity("", "a"), 0);
}

}  // namespace
}  // namespace ogam
