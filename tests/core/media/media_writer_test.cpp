#include "core/media/media_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "core/base/error.h"
#include "tests/core/media/read_back.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

constexpr Size kSize = {128, 96};

/// A gray picture that tells its number.
Picture numbered(int number) {
  Picture picture = black_picture(kSize);
  std::ranges::fill(picture.planes[0], static_cast<std::uint8_t>(16 + number * 5));
  return picture;
}

std::vector<float> tone(double seconds) {
  std::vector<float> samples;
  const auto count = static_cast<int>(seconds * MediaWriter::kSampleRate);
  for (int i = 0; i < count; ++i) {
    const double phase = 2 * std::numbers::pi * 440 * i / MediaWriter::kSampleRate;
    samples.push_back(static_cast<float>(0.25 * std::sin(phase)));
    samples.push_back(0);  // the right channel is silent
  }
  return samples;
}

double loudness(const std::vector<float>& samples, std::size_t channel) {
  double sum = 0;
  for (std::size_t i = channel; i < samples.size(); i += 2) {
    sum += static_cast<double>(samples[i]) * samples[i];
  }
  return std::sqrt(2 * sum / static_cast<double>(samples.size()));
}

TEST(MediaWriterTest, PicturesAndSoundAreReadBackAtTheirTimes) {
  const test::TemporaryFolder folder;
  const FrameRate rate{30000, 1001};
  MediaWriter writer(folder / "a.mp4", {.size = kSize,
                                        .rate = rate,
                                        .matrix = ColorMatrix::bt601,
                                        .metadata = {{"title", "A test"}}});
  for (int i = 0; i < 40; ++i) {
    writer.write_picture(numbered(i));
  }
  writer.write_sound(tone(40 * 1.001 / 30));
  writer.finish();

  const test::Content content = test::read_back(
      folder / "a.mp4", kSize, {.sample_rate = MediaWriter::kSampleRate, .channels = 2});
  ASSERT_EQ(content.times.size(), 40U);
  for (int i = 0; i < 40; ++i) {
    EXPECT_NEAR(static_cast<double>(content.times[i]), static_cast<double>(rate.time_of(i)), 30);
    EXPECT_NEAR(content.levels[i], 16 + i * 5, 2);
  }
  EXPECT_EQ(content.info.video->codec, "h264");
  EXPECT_EQ(content.info.audio->codec, "aac");
  EXPECT_NEAR(loudness(content.samples, 0), 0.25 / std::numbers::sqrt2, 0.01);
  EXPECT_LT(loudness(content.samples, 1), 0.002);
  EXPECT_NEAR(static_cast<double>(content.samples.size()) / 2, 40 * 1.001 / 30 * 48000, 1100);
}

TEST(MediaWriterTest, NothingStaysOfAVideoThatWasNotFinished) {
  const test::TemporaryFolder folder;
  {
    MediaWriter writer(folder / "a.mp4", {.size = kSize, .sound = false});
    writer.write_picture(numbered(0));
    EXPECT_FALSE(std::filesystem::is_empty(folder.path()));
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(MediaWriterTest, AFolderThatIsNotThereIsNamed) {
  const test::TemporaryFolder folder;
  try {
    MediaWriter(folder / "no/a.mp4", {.size = kSize});
    ADD_FAILURE() << "it was made";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::inaccessible);
    EXPECT_NE(std::string(error.what()).find("no/a.mp4"), std::string::npos);
  }
}

}  // namespace
}  // namespace ogam
