#include "core/media/audio_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cmath>
#include <csignal>
#include <numbers>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/media/reader.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

constexpr int kRate = 22'050;

std::vector<float> tone(double seconds) {
  std::vector<float> samples(static_cast<std::size_t>(seconds * kRate));
  for (std::size_t i = 0; i < samples.size(); ++i) {
    samples[i] = 0.5F * static_cast<float>(
                            std::sin(2 * std::numbers::pi * 440 * static_cast<double>(i) / kRate));
  }
  return samples;
}

void write(const std::filesystem::path& path, const std::vector<float>& samples,
           std::size_t piece = 1000) {
  AudioWriter writer(path, kRate);
  for (std::size_t at = 0; at < samples.size(); at += piece) {
    writer.write(std::span(samples).subspan(at, std::min(piece, samples.size() - at)));
  }
  writer.finish();
}

std::vector<float> read(const std::filesystem::path& path) {
  ReadOptions options;
  options.frames.kind = FrameSelection::Kind::none;
  options.sample_rate = kRate;
  MediaReader reader(path, options);
  std::vector<float> samples;
  while (auto item = reader.next()) {
    if (const auto* chunk = std::get_if<AudioChunk>(&*item)) {
      samples.insert(samples.end(), chunk->samples.begin(), chunk->samples.end());
    }
  }
  return samples;
}

/// How much of `heard` is the tone, from 0 to 1, wherever it begins.
double tonality(const std::vector<float>& heard) {
  double sine = 0;
  double cosine = 0;
  double energy = 0;
  for (std::size_t i = 0; i < heard.size(); ++i) {
    const double angle = 2 * std::numbers::pi * 440 * static_cast<double>(i) / kRate;
    sine += heard[i] * std::sin(angle);
    cosine += heard[i] * std::cos(angle);
    energy += static_cast<double>(heard[i]) * heard[i];
  }
  return energy == 0
             ? 0
             : 2 * (sine * sine + cosine * cosine) / (energy * static_cast<double>(heard.size()));
}

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder),
                                                std::filesystem::directory_iterator()));
}

TEST(AudioWriterTest, WhatNothingIsLostOfReadsBackAsItWas) {
  const test::TemporaryFolder folder;
  const auto samples = tone(0.77);
  for (const char* const name : {"a.wav", "b.FLAC"}) {
    write(folder / name, samples);
    const auto heard = read(folder / name);
    ASSERT_EQ(heard.size(), samples.size()) << name;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      ASSERT_NEAR(heard[i], samples[i], 1.0 / 30'000) << name << " " << i;
    }
  }
}

TEST(AudioWriterTest, EveryFormatSoundsAsItShould) {
  const test::TemporaryFolder folder;
  for (const auto& extension : AudioWriter::extensions()) {
    write(folder / ("a" + extension), tone(1.5));
    const auto heard = read(folder / ("a" + extension));
    EXPECT_NEAR(static_cast<double>(heard.size()) / kRate, 1.5, 0.1) << extension;
    EXPECT_GT(tonality(heard), 0.95) << extension;
  }
  EXPECT_EQ(files_in(folder.path()), AudioWriter::extensions().size());
}

TEST(AudioWriterTest, PiecesMakeNoDifference) {
  const test::TemporaryFolder folder;
  write(folder / "a.ogg", tone(1), 1);
  write(folder / "b.ogg", tone(1), 100'000);
  EXPECT_EQ(read_file(folder / "a.ogg", 1 << 20), read_file(folder / "b.ogg", 1 << 20));
}

TEST(AudioWriterTest, NothingStaysOfWhatWasNotFinished) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "a.wav", "old");
  {
    AudioWriter writer(folder / "a.wav", kRate);
    writer.write(tone(1));
  }
  EXPECT_EQ(files_in(folder.path()), 1u);
  EXPECT_EQ(read_file(folder / "a.wav", 100), "old");
}

TEST(AudioWriterTest, AFullDiskLeavesNothingBehind) {
  const test::TemporaryFolder folder;
  const auto path = folder / "a.wav";
  const auto fill = [&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const struct rlimit limit = {20'000, 20'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      write(path, tone(5));
      std::_Exit(1);
    } catch (const Error& error) {
      std::_Exit(error.code() == ErrorCode::resource_exhausted ? 0 : 2);
    }
  };
  EXPECT_EXIT(fill(), ::testing::ExitedWithCode(0), "");
  EXPECT_EQ(files_in(folder.path()), 0u);
}

TEST(AudioWriterTest, RefusesPlacesAndExtensionsThatCannotBe) {
  const test::TemporaryFolder folder;
  for (const char* const name : {"a.txt", "a", "a.mp4", ".wav"}) {
    EXPECT_THROW(AudioWriter(folder / name, kRate), Error) << name;
  }
  EXPECT_THROW(AudioWriter(folder / "no" / "a.wav", kRate), Error);
  EXPECT_THROW(AudioWriter(folder / "a.wav", 0), Error);
  EXPECT_EQ(files_in(folder.path()), 0u);
}

TEST(AudioWriterTest, SamplesBeyondFullScaleAreBroughtInside) {
  const test::TemporaryFolder folder;
  write(folder / "a.wav", {2.0F, -3.0F, NAN, INFINITY});
  const auto heard = read(folder / "a.wav");
  ASSERT_EQ(heard.size(), 4u);
  EXPECT_NEAR(heard[0], 1, 1e-3);
  EXPECT_NEAR(heard[1], -1, 1e-3);
  EXPECT_EQ(heard[2], 0);
  EXPECT_NEAR(heard[3], 1, 1e-3);
}

}  // namespace
}  // namespace ogam
