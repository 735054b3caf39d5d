#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <variant>

#include "core/media/reader.h"
#include "tests/core/media/read_back.h"
#include "tests/core/media/test_media.h"

namespace ogam {
namespace {

using test::Content;

constexpr Size kSize = {128, 96};

TEST(MediaReaderTest, ReadingStartsInTheMiddle) {
  for (const char* const name :
       {"plain.mp4", "with_sound.ts", "open_gop.mkv", "edit_list.mp4", "mpeg2.mpg", "hevc.mp4"}) {
    const MediaInfo info = probe_media(test::media(name));
    const Time from = 1'500'000;
    std::vector<Time> wanted;
    for (Time time = from; time < info.duration - 100'000; time += 40'000) {
      wanted.push_back(time + 20'000);
    }
    const FrameSelection frames = {.kind = FrameSelection::Kind::at_times, .times = wanted};
    const Content whole = test::read_back(test::media(name), kSize, {.frames = frames});
    const Content part =
        test::read_back(test::media(name), kSize, {.frames = frames, .from = from});
    EXPECT_EQ(part.times, whole.times) << name;
    EXPECT_EQ(part.levels, whole.levels) << name;
    if (info.audio) {
      const auto skipped = static_cast<std::ptrdiff_t>(1.5 * 16000);
      ASSERT_GT(std::ssize(whole.samples), skipped);
      EXPECT_NEAR(static_cast<double>(part.samples.size()),
                  static_cast<double>(std::ssize(whole.samples) - skipped), 2)
          << name;
      // A second behind the start every filter has settled.
      double difference = 0;
      for (std::size_t i = 1000; i < std::min<std::size_t>(part.samples.size(), 16000); ++i) {
        difference = std::max<double>(
            difference,
            std::abs(part.samples[i] - whole.samples[i + static_cast<std::size_t>(skipped)]));
      }
      EXPECT_LT(difference, 0.02) << name;
    }
  }
}

TEST(MediaReaderTest, MonoIsAsLoudInTwoChannels) {
  const Content one = test::read_back(test::media("tone.wav"), kSize, {.sample_rate = 48000});
  const Content two =
      test::read_back(test::media("tone.wav"), kSize, {.sample_rate = 48000, .channels = 2});
  ASSERT_EQ(two.samples.size(), 2 * one.samples.size());
  for (std::size_t i = 0; i < one.samples.size(); i += 97) {
    EXPECT_NEAR(two.samples[2 * i], one.samples[i], 1e-4);
    EXPECT_NEAR(two.samples[2 * i + 1], one.samples[i], 1e-4);
  }
}

TEST(MediaReaderTest, ATurnedVideoGivesUprightPictures) {
  for (const char* const name : {"rotated_90.mp4", "rotated_180.mp4", "rotated_270.mp4"}) {
    MediaReader reader(test::media(name), {.audio = false});
    const auto event = reader.next();
    const auto& frame = std::get<VideoFrame>(*event);
    const Size size = frame.size();
    const Picture picture = frame.picture(size, ColorMatrix::bt601);
    const Image image = frame.rgb();
    for (const auto& [x, y] : {std::pair{2, 2},
                               {size.width - 3, 2},
                               {2, size.height - 3},
                               {size.width - 3, size.height - 3}}) {
      const auto pixel = static_cast<std::size_t>(y * size.width + x);
      EXPECT_EQ(picture.planes[0][pixel] > 125, image.pixels[pixel * 3] > 125) << name;
    }
  }
}

}  // namespace
}  // namespace ogam
