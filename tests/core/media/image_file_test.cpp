#include "core/media/image_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "tests/core/media/test_media.h"

namespace ogam {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using test::media;

std::vector<int> pixel(const Image& image, int x, int y) {
  const auto at = static_cast<std::size_t>((y * image.width + x) * 3);
  return {image.pixels[at], image.pixels[at + 1], image.pixels[at + 2]};
}

ErrorCode error_of(const std::filesystem::path& path, const MediaLimits& limits = {}) {
  try {
    read_image(path, limits);
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << path << " was read without an error";
  return ErrorCode::internal;
}

/// A JPEG with an EXIF block that holds nothing but the orientation.
std::string with_orientation(const std::string& jpeg, int tag) {
  std::string exif(
      "\xFF\xE1\x00\x22"
      "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0"sv);
  exif[29] = static_cast<char>(tag);
  return jpeg.substr(0, 2) + exif + jpeg.substr(2);
}

/// An entry of a TIFF directory.
struct Entry {
  unsigned tag;
  unsigned type;
  unsigned value;
};
constexpr unsigned kShort = 3;
constexpr unsigned kLong = 4;
constexpr unsigned kLong8 = 16;

std::string little_endian(unsigned value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) {
    text += static_cast<char>(value >> (8 * i) & 0xFF);
  }
  return text;
}

/// A gray TIFF of 4 x 2 whose first stored pixel is white and whose others are black.
/// @param widths the entries that tell its width.
std::string small_tiff(unsigned orientation, std::vector<Entry> widths = {{256, kShort, 4}}) {
  std::vector<Entry> entries = std::move(widths);
  const auto data = static_cast<unsigned>(8 + 2 + 12 * (entries.size() + 9) + 4);
  entries.insert(entries.end(), {{257, kShort, 2},
                                 {258, kShort, 8},
                                 {259, kShort, 1},
                                 {262, kShort, 1},
                                 {273, kLong, data},
                                 {274, kShort, orientation},
                                 {277, kShort, 1},
                                 {278, kShort, 2},
                                 {279, kLong, 8}});
  std::string tiff = "II*\0\x08\0\0\0"s + little_endian(static_cast<unsigned>(entries.size()), 2);
  for (const Entry& entry : entries) {
    tiff += little_endian(entry.tag, 2) + little_endian(entry.type, 2) + little_endian(1, 4) +
            little_endian(entry.value, 4);
  }
  return tiff + "\0\0\0\0\xFF\0\0\0\0\0\0\0"s;
}

TEST(ImageFileTest, ReadsEveryFormatAndDepth) {
  for (const char* name : {"corner.jpg", "gray.jpg", "corner.png", "gray.png", "gray16.png",
                           "rgb48.png", "palette.png", "corner.bmp", "corner.tif", "corner.webp"}) {
    SCOPED_TRACE(name);
    const Image image = read_image(media(name));
    ASSERT_EQ(image.width, 128);
    ASSERT_EQ(image.height, 96);
    for (int c = 0; c < 3; ++c) {
      EXPECT_GE(pixel(image, 4, 4)[static_cast<std::size_t>(c)], 253);
      EXPECT_LE(pixel(image, 100, 80)[static_cast<std::size_t>(c)], 2);
    }
  }
}

TEST(ImageFileTest, ReadsTheFirstPictureOfAGif) {
  EXPECT_EQ(read_image(media("moving.gif")).width, 64);
}

TEST(ImageFileTest, LaysTransparencyOverWhite) {
  for (const char* name : {"alpha.png", "alpha.webp"}) {
    const Image image = read_image(media(name));
    EXPECT_EQ(pixel(image, 5, 5), (std::vector<int>{255, 0, 0})) << name;
    EXPECT_EQ(pixel(image, 60, 5), (std::vector<int>{255, 255, 255})) << name;
  }
}

TEST(ImageFileTest, TurnsPicturesUprightByExif) {
  const test::TemporaryFolder folder;
  const std::string jpeg = read_file(media("corner.jpg"), 1 << 20);
  struct Row {
    int tag;
    int x;
    int y;
  };
  for (const Row& row : {Row{1, 4, 4}, Row{3, 123, 91}, Row{6, 91, 4}, Row{8, 4, 123}}) {
    std::ofstream(folder / "turned.jpg", std::ios::binary) << with_orientation(jpeg, row.tag);
    const Image image = read_image(folder / "turned.jpg");
    EXPECT_EQ(image.width, row.tag >= 5 ? 96 : 128) << row.tag;
    EXPECT_GE(pixel(image, row.x, row.y)[0], 250) << row.tag;
  }
}

TEST(ImageFileTest, TurnsATiffUprightOnce) {
  const test::TemporaryFolder folder;
  struct Row {
    unsigned tag;
    int x;
    int y;
  };
  for (const Row& row : {Row{1, 0, 0}, Row{3, 3, 1}, Row{6, 1, 0}, Row{8, 0, 3}}) {
    SCOPED_TRACE(row.tag);
    std::ofstream(folder / "turned.tif", std::ios::binary) << small_tiff(row.tag);
    const Image image = read_image(folder / "turned.tif");
    ASSERT_EQ(image.width, row.tag >= 5 ? 2 : 4);
    EXPECT_EQ(pixel(image, row.x, row.y)[0], 255);
  }
}

TEST(ImageFileTest, ATiffCannotHideItsSize) {
  const test::TemporaryFolder folder;
  for (const std::vector<Entry>& widths :
       {std::vector<Entry>{{256, kLong, 60'000}, {256, kShort, 4}},
        std::vector<Entry>{{256, kLong8, 8}}}) {
    std::ofstream(folder / "hidden.tif", std::ios::binary) << small_tiff(1, widths);
    EXPECT_EQ(error_of(folder / "hidden.tif"), ErrorCode::corrupt_data);
  }
}

TEST(ImageFileTest, RefusesAJpegOfCountlessPasses) {
  const test::TemporaryFolder folder;
  const std::string jpeg = read_file(media("corner.jpg"), 1 << 20);
  std::string bomb = jpeg.substr(0, jpeg.rfind("\xFF\xD9"));
  for (int i = 0; i < 300; ++i) {
    bomb += "\xFF\xDA\x00\x02"sv;
  }
  std::ofstream(folder / "bomb.jpg", std::ios::binary) << bomb << "\xFF\xD9";
  EXPECT_EQ(error_of(folder / "bomb.jpg"), ErrorCode::resource_exhausted);
}

TEST(ImageFileTest, ChecksTheSizeBeforeDecoding) {
  EXPECT_EQ(error_of(media("huge.png")), ErrorCode::resource_exhausted);
  for (const char* name :
       {"corner.jpg", "corner.png", "corner.bmp", "corner.tif", "corner.webp", "still.gif"}) {
    EXPECT_EQ(error_of(media(name), {.max_pixels = 1000}), ErrorCode::resource_exhausted) << name;
    EXPECT_EQ(error_of(media(name), {.max_side = 60}), ErrorCode::resource_exhausted) << name;
  }
}

TEST(ImageFileTest, RefusesPicturesThatWereCutShort) {
  const test::TemporaryFolder folder;
  for (const char* name : {"corner.jpg", "corner.png", "corner.bmp", "corner.tif", "corner.webp"}) {
    const std::string content = read_file(media(name), 1 << 20);
    for (int part = 0; part < 10; ++part) {
      const auto path = folder / name;
      std::ofstream(path, std::ios::binary) << content.substr(0, content.size() * part / 10);
      const ErrorCode code = error_of(path);
      EXPECT_TRUE(code == ErrorCode::corrupt_data || code == ErrorCode::unsupported)
          << name << " " << part;
    }
  }
}

TEST(ImageFileTest, RefusesOtherContent) {
  EXPECT_EQ(error_of(media("plain.mp4")), ErrorCode::unsupported);
  EXPECT_EQ(error_of(media("text.mp4")), ErrorCode::unsupported);
  EXPECT_EQ(error_of(media("empty.mp4")), ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(media("missing.png")), ErrorCode::not_found);
}

TEST(ImageFileTest, WritesWhatItReads) {
  const test::TemporaryFolder folder;
  const Image image = read_image(media("corner.png"));
  write_image(folder / "copy.png", image);
  EXPECT_EQ(read_image(folder / "copy.png").pixels, image.pixels);
  write_image(folder / "copy.JPG", image);
  EXPECT_EQ(read_image(folder / "copy.JPG").width, 128);
  EXPECT_THROW(write_image(folder / "copy.tga", image), Error);
}

}  // namespace
}  // namespace ogam
