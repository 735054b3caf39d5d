#include "core/media/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <thread>

#include "core/base/files.h"
#include "tests/core/media/test_media.h"

namespace ogam {
namespace {

using test::media;
using ::testing::HasSubstr;

/// Everything a reader gives.
struct Content {
  MediaInfo info;
  ReadReport report;
  std::vector<VideoFrame> frames;
  std::vector<float> samples;

  std::vector<Time> times() const {
    std::vector<Time> times;
    for (const VideoFrame& frame : frames) {
      times.push_back(frame.time());
    }
    return times;
  }
};

Content read_all(const std::filesystem::path& path, ReadOptions options = {}) {
  MediaReader reader(path, std::move(options));
  Content content;
  while (auto event = reader.next()) {
    if (auto* chunk = std::get_if<AudioChunk>(&*event)) {
      EXPECT_NEAR(static_cast<double>(chunk->time), content.samples.size() * 1e6 / 16000, 1);
      content.samples.insert(content.samples.end(), chunk->samples.begin(), chunk->samples.end());
    } else {
      content.frames.push_back(std::get<VideoFrame>(std::move(*event)));
    }
  }
  content.info = reader.info();
  content.report = reader.report();
  return content;
}

ReadOptions at_times(std::vector<Time> times, Time tolerance = 0) {
  return {.frames = {.kind = FrameSelection::Kind::at_times,
                     .times = std::move(times),
                     .keyframe_tolerance = tolerance},
          .audio = false};
}

ErrorCode error_of(const std::filesystem::path& path, const ReadOptions& options = {}) {
  try {
    read_all(path, options);
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr(path.filename().string()));
    return error.code();
  }
  ADD_FAILURE() << path << " was read without an error";
  return ErrorCode::internal;
}

/// The number of a frame of a clip made by make_media.py's `numbered`, by its gray level.
int frame_number(const VideoFrame& frame) {
  const Image image = frame.rgb({8, 8}, Interpolation::area);
  const double luma = 16 + image.pixels[0] * 219.0 / 255;
  return static_cast<int>(std::lround((luma - 16) / 5));
}

double rms(const std::vector<float>& samples, double from, double to) {
  double sum = 0;
  const auto first = static_cast<std::size_t>(from * 16000);
  const auto last = std::min(static_cast<std::size_t>(to * 16000), samples.size());
  for (std::size_t i = first; i < last; ++i) {
    sum += static_cast<double>(samples[i]) * samples[i];
  }
  return std::sqrt(sum / static_cast<double>(last - first));
}

TEST(MediaReaderTest, SamplesThatAreNoNumbersAreSilencedAndCounted) {
  const Content content = read_all(media("not_numbers.wav"));
  EXPECT_TRUE(std::ranges::all_of(content.samples, [](float s) { return std::isfinite(s); }));
  EXPECT_GE(content.report.silenced_samples, 30);  // at 16 kHz
  EXPECT_GT(rms(content.samples, 1, 2), 0.05);
  EXPECT_THAT(describe_damage(content.report), HasSubstr("damaged samples of sound silenced"));
}

TEST(ReadReportTest, DamageIsToldInOneLineAndNoDamageInNone) {
  EXPECT_EQ(describe_damage({}), "");
  EXPECT_EQ(describe_damage({.corrupt_packets = 1, .missing_times = 2, .truncated = true}),
            "1 damaged packet left out; 2 frames without a usable time placed by guess; the file "
            "ends before it should");
}

TEST(MediaReaderTest, DescribesItsStreams) {
  const MediaInfo info = probe_media(media("plain.mp4"));
  EXPECT_EQ(info.container, "mov,mp4,m4a,3gp,3g2,mj2");
  EXPECT_EQ(info.stream_count, 2);
  EXPECT_NEAR(to_seconds(info.duration), 4, 0.05);
  ASSERT_TRUE(info.video && info.audio);
  EXPECT_EQ(info.video->codec, "h264");
  EXPECT_EQ(info.video->size, (Size{128, 96}));
  EXPECT_EQ(info.video->bit_depth, 8);
  EXPECT_NEAR(info.video->average_fps, 25, 1e-6);
  EXPECT_EQ(info.audio->codec, "aac");
  EXPECT_EQ(info.audio->sample_rate, 44100);
  EXPECT_EQ(info.audio->channels, 2);
}

TEST(MediaReaderTest, GivesEveryFrameInOrderOfTime) {
  const Content content = read_all(media("plain.mp4"));
  ASSERT_EQ(content.frames.size(), 100U);
  for (int i = 0; i < 40; ++i) {  // levels repeat after 44 frames
    EXPECT_EQ(content.frames[i].time(), i * 40'000);
    EXPECT_EQ(frame_number(content.frames[i]), i);
  }
  EXPECT_EQ(content.report.corrupt_packets, 0);
  EXPECT_EQ(content.report.missing_times, 0);
  EXPECT_FALSE(content.report.truncated);
}

TEST(MediaReaderTest, GivesTheFrameShownAtEachWantedTime) {
  const Content content =
      read_all(media("long_gop.mp4"), at_times({0, 39'999, 40'000, 1'000'001, 60 * kSecond}));
  EXPECT_EQ(content.times(), (std::vector<Time>{0, 40'000, 1'000'000, 11'960'000}));
  EXPECT_EQ(frame_number(content.frames[2]), 25);
}

TEST(MediaReaderTest, GivesTheFirstFrameForTimesBeforeIt) {
  const Content content = read_all(media("offset.ts"), at_times({0, 1}));
  ASSERT_EQ(content.frames.size(), 1U);
  EXPECT_EQ(frame_number(content.frames[0]), 0);
}

TEST(MediaReaderTest, DecodesOnlyGroupsThatHoldAWantedTime) {
  const Content content = read_all(media("closed.mp4"), at_times({2'000'000, 2'040'000}));
  EXPECT_EQ(content.times(), (std::vector<Time>{2'000'000, 2'040'000}));
  EXPECT_LE(content.report.frames, 6);
}

TEST(MediaReaderTest, NothingIsDecodedWithoutWantedTimes) {
  const Content content = read_all(media("closed.mp4"), at_times({}));
  EXPECT_TRUE(content.frames.empty());
  EXPECT_EQ(content.report.frames, 0);
}

TEST(MediaReaderTest, FollowsAVariableFrameRate) {
  const Content content = read_all(media("vfr.mkv"));
  ASSERT_EQ(content.frames.size(), 75U);
  for (int i = 0; i < 75; ++i) {
    EXPECT_EQ(content.frames[i].time(), i * 40'000 + i / 7 * 360'000);
  }
}

TEST(MediaReaderTest, TurnsRotatedVideoUpright) {
  struct Row {
    const char* name;
    int rotation;
    Size size;
    int white_x;  // a point inside the corner that was the top left
    int white_y;
  };
  for (const Row& row :
       {Row{"corner.mp4", 0, {128, 96}, 8, 8}, Row{"rotated_90.mp4", 90, {96, 128}, 88, 8},
        Row{"rotated_180.mp4", 180, {128, 96}, 120, 88},
        Row{"rotated_270.mp4", 270, {96, 128}, 8, 120}}) {
    SCOPED_TRACE(row.name);
    const Content content = read_all(media(row.name));
    EXPECT_EQ(content.info.video->rotation, row.rotation);
    EXPECT_EQ(content.info.video->size, row.size);
    const VideoFrame& frame = content.frames.at(0);
    EXPECT_EQ(frame.size(), row.size);
    const Image full = frame.rgb();
    ASSERT_EQ((Size{full.width, full.height}), row.size);
    EXPECT_GT(full.pixels[(row.white_y * full.width + row.white_x) * 3], 220);
    EXPECT_LT(
        full.pixels[((full.height - 1 - row.white_y) * full.width + full.width - 1 - row.white_x) *
                    3],
        30);
    const Image half =
        frame.rgb({row.size.width / 2, row.size.height / 2}, Interpolation::bilinear);
    EXPECT_GT(half.pixels[(row.white_y / 2 * half.width + row.white_x / 2) * 3], 220);
  }
}

TEST(MediaReaderTest, TimesAreRelativeToTheContainersStart) {
  const Content content = read_all(media("offset.ts"));
  EXPECT_GT(content.info.start, 10 * kSecond);
  EXPECT_LT(content.frames.front().time(), 40'000);
  EXPECT_NEAR(to_seconds(content.frames.back().time() - content.frames.front().time()), 2.96, 1e-5);
}

TEST(MediaReaderTest, HonoursAnEditList) {
  const Content content = read_all(media("edit_list.mp4"));
  EXPECT_EQ(content.frames.front().time(), 0);
  EXPECT_EQ(frame_number(content.frames.front()),
            33);  // 1.32 s, though the file starts with the keyframe at 1 s
}

TEST(MediaReaderTest, ReadsTenBitsAndOddSizes) {
  const Content deep = read_all(media("ten_bit.mkv"));
  EXPECT_EQ(deep.info.video->bit_depth, 10);
  EXPECT_EQ(deep.frames.at(0).rgb().pixels.size(), 320U * 240 * 3);
  const Content odd = read_all(media("odd.webm"));
  EXPECT_EQ(odd.info.video->size, (Size{101, 77}));
  EXPECT_EQ(odd.frames.size(), 50U);
  EXPECT_EQ(odd.frames.at(0).rgb().pixels.size(), 101U * 77 * 3);
  EXPECT_EQ(odd.frames.at(0).rgb({33, 17}, Interpolation::area).pixels.size(), 33U * 17 * 3);
}

TEST(MediaReaderTest, FollowsAChangeOfResolution) {
  const Content content = read_all(media("change.ts"));
  ASSERT_EQ(content.frames.size(), 50U);
  EXPECT_EQ(content.frames.front().size(), (Size{320, 240}));
  EXPECT_EQ(content.frames.back().size(), (Size{160, 120}));
  EXPECT_TRUE(
      std::is_sorted(content.frames.begin(), content.frames.end(),
                     [](const VideoFrame& a, const VideoFrame& b) { return a.time() < b.time(); }));
}

TEST(MediaReaderTest, ReadsSoundWithoutPictures) {
  for (const char* name :
       {"tone.wav", "tone.flac", "tone.mp3", "tone.ogg", "tone.opus", "tone.m4a"}) {
    SCOPED_TRACE(name);
    const Content content = read_all(media(name));
    EXPECT_FALSE(content.info.video);
    EXPECT_TRUE(content.frames.empty());
    EXPECT_NEAR(static_cast<double>(content.samples.size()) / 16000, 2, 0.06);
    EXPECT_NEAR(rms(content.samples, 0.5, 1.5), 0.0884, 0.006);  // a sine of amplitude 1/8
    EXPECT_EQ(content.report.corrupt_packets, 0);
  }
}

TEST(MediaReaderTest, ReadsPicturesWithoutSound) {
  const Content content = read_all(media("closed.mp4"));
  EXPECT_FALSE(content.info.audio);
  EXPECT_TRUE(content.samples.empty());
  EXPECT_EQ(content.frames.size(), 100U);
}

TEST(MediaReaderTest, CoverArtIsNoVideo) {
  for (const char* name : {"cover.mp3", "cover.m4a"}) {
    const Content content = read_all(media(name));
    EXPECT_FALSE(content.info.video) << name;
    EXPECT_TRUE(content.frames.empty()) << name;
    EXPECT_GT(content.samples.size(), 30'000U) << name;
  }
}

TEST(MediaReaderTest, ChoosesTheDefaultOfSeveralSoundStreams) {
  const MediaInfo info = probe_media(media("two_audio.mkv"));
  EXPECT_EQ(info.stream_count, 3);
  EXPECT_EQ(info.audio->language, "kor");
  EXPECT_EQ(info.audio->sample_rate, 48000);
}

TEST(MediaReaderTest, ReadsOneFrame) {
  EXPECT_EQ(read_all(media("one_frame.mp4")).times(), std::vector<Time>{0});
  EXPECT_EQ(read_all(media("one_frame.mp4"), at_times({0, kSecond})).times(), std::vector<Time>{0});
}

TEST(MediaReaderTest, FillsGapsInTheSoundWithSilence) {
  const Content content = read_all(media("gap.mkv"));
  EXPECT_NEAR(static_cast<double>(content.samples.size()) / 16000, 4, 0.01);
  EXPECT_NEAR(to_seconds(content.report.filled_audio), 1, 0.011);
  EXPECT_NEAR(rms(content.samples, 0.1, 0.9), 0.0884, 0.002);
  EXPECT_EQ(rms(content.samples, 1.02, 1.98), 0);
  EXPECT_NEAR(rms(content.samples, 2.1, 3.9), 0.0884, 0.002);
}

TEST(MediaReaderTest, SoundThatStartsLateIsPrecededBySilence) {
  const Content content = read_all(media("late_audio.mkv"));
  EXPECT_EQ(rms(content.samples, 0, 0.695), 0);
  EXPECT_NEAR(rms(content.samples, 0.71, 1.69), 0.0884, 0.002);
  EXPECT_NEAR(static_cast<double>(content.samples.size()) / 16000, 1.7, 0.002);
}

TEST(MediaReaderTest, SoundStaysInStepAfterTimesStartAnew) {
  const Content content = read_all(media("joined.ts"));  // 3 s and 3 s, with a hole in the latter
  EXPECT_GE(content.frames.size(), 148U);
  EXPECT_NEAR(to_seconds(content.frames.back().time()), 5.96, 0.1);
  EXPECT_GT(to_seconds(content.report.filled_audio), 0.2);
  EXPECT_NEAR(static_cast<double>(content.samples.size()) / 16000, 6, 0.25);
  EXPECT_GT(content.report.missing_times, 0);
}

TEST(MediaReaderTest, ASampleWithoutBytesDoesNotEndItsStream) {
  const Content content = read_all(media("empty_sample.mov"), {.audio = false});
  ASSERT_EQ(content.frames.size(), 49U);
  EXPECT_EQ(content.frames[9].time(), 9 * 40'000);
  EXPECT_EQ(content.frames[10].time(), 11 * 40'000);
}

TEST(MediaReaderTest, AWantedTimeBeforeTheFirstWholePictureGivesThatPicture) {
  const Content every = read_all(media("midway.ts"));
  ASSERT_GT(every.frames.size(), 20U);
  const Time first = every.times().front();
  const Time last = every.times().back();
  const Content sparse = read_all(media("midway.ts"), at_times({0, last}));
  EXPECT_EQ(sparse.times(), (std::vector<Time>{first, last}));
}

TEST(MediaReaderTest, PacketsWithoutTimesAreReadInOrder) {
  for (const char* name : {"dts_only.avi", "raw.h264"}) {
    SCOPED_TRACE(name);
    const Content content = read_all(media(name));
    ASSERT_EQ(content.frames.size(), 50U);
    for (std::size_t i = 1; i < 44; ++i) {
      EXPECT_EQ(frame_number(content.frames[i]), static_cast<int>(i));
      EXPECT_GT(content.frames[i].time(), content.frames[i - 1].time());
    }
  }
}

TEST(MediaReaderTest, ReadsTheFirstPictureOfAMovingGif) {
  EXPECT_EQ(read_all(media("moving.gif")).frames.size(), 10U);
  EXPECT_EQ(read_all(media("still.gif")).frames.size(), 1U);
}

TEST(MediaReaderTest, FramesMayBeConvertedByOtherThreads) {
  const Content content = read_all(media("colour.mp4"));
  const Image expected = content.frames[7].rgb({64, 48}, Interpolation::area);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 10; ++k) {
        EXPECT_EQ(content.frames[7].rgb({64, 48}, Interpolation::area).pixels, expected.pixels);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

TEST(MediaReaderTest, CountsCorruptPackets) {
  const Content content = read_all(media("damaged.ts"));
  EXPECT_GT(content.report.corrupt_packets, 0);
  EXPECT_GT(content.frames.size(), 5U);
  EXPECT_LT(content.frames.size(), 26U);
}

TEST(MediaReaderTest, GivesUpAfterTooManyFailuresInARow) {
  const Content content = read_all(media("zeroed.mp4"), {.audio = false});
  EXPECT_GT(content.report.corrupt_packets, 20);
  EXPECT_EQ(
      error_of(media("zeroed.mp4"), {.audio = false, .limits = {.max_consecutive_errors = 10}}),
      ErrorCode::corrupt_data);
}

TEST(MediaReaderTest, NamesWhatIsWrongWithBadFiles) {
  EXPECT_EQ(error_of(media("missing.mp4")), ErrorCode::not_found);
  EXPECT_EQ(error_of(media("empty.mp4")), ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(media("no_moov.mp4")), ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(media("text.mp4")), ErrorCode::unsupported);
  EXPECT_EQ(error_of(media("playlist.mp4")), ErrorCode::unsupported);
  EXPECT_EQ(error_of(test::media_folder()), ErrorCode::invalid_argument);
}

TEST(MediaReaderTest, KeepsToItsLimits) {
  const auto plain = media("plain.mp4");
  EXPECT_EQ(error_of(plain, {.limits = {.max_side = 100}}), ErrorCode::resource_exhausted);
  EXPECT_EQ(error_of(plain, {.limits = {.max_pixels = 1000}}), ErrorCode::resource_exhausted);
  EXPECT_EQ(error_of(plain, {.limits = {.max_duration = kSecond}}), ErrorCode::resource_exhausted);
  EXPECT_EQ(error_of(plain, {.limits = {.max_streams = 1}}), ErrorCode::resource_exhausted);
  // Says nothing of its duration, so the limit is met while it is read.
  EXPECT_EQ(error_of(media("raw.h264"), {.limits = {.max_duration = kSecond}}),
            ErrorCode::resource_exhausted);
}

TEST(MediaReaderTest, AFileCutShortAnywhereIsReadOrRefused) {
  const test::TemporaryFolder folder;
  for (const char* name :
       {"faststart.mp4", "plain.mp4", "offset.ts", "vfr.mkv", "odd.webm", "tone.mp3", "tone.ogg",
        "tone.flac", "flash.flv", "dts_only.avi", "moving.gif"}) {
    const std::string content = read_file(media(name), 1 << 24);
    for (int part = 1; part < 20; ++part) {
      SCOPED_TRACE(fmt::format("{} cut to {}/20", name, part));
      const auto path = folder / name;
      std::ofstream(path, std::ios::binary) << content.substr(0, content.size() * part / 20);
      try {
        const Content read = read_all(path);
        EXPECT_TRUE(!read.frames.empty() || !read.samples.empty());
      } catch (const Error& error) {
        EXPECT_NE(error.code(), ErrorCode::internal) << error.what();
      }
    }
  }
}

TEST(MediaReaderTest, SaysThatAFileWasCutShort) {
  const test::TemporaryFolder folder;
  const std::string content = read_file(media("faststart.mp4"), 1 << 24);
  std::ofstream(folder / "half.mp4", std::ios::binary) << content.substr(0, content.size() / 2);
  const Content read = read_all(folder / "half.mp4");
  EXPECT_TRUE(read.report.truncated);
  EXPECT_LT(read.frames.size(), 100U);
}

TEST(MediaReaderTest, AStreamThatIsLeftOutMayLastLonger) {
  for (const char* name : {"long_sound.mp4", "long_sound.mkv"}) {
    EXPECT_FALSE(read_all(media(name), {.audio = false}).report.truncated) << name;
    EXPECT_FALSE(read_all(media(name)).report.truncated) << name;
  }
}

}  // namespace
}  // namespace ogam
