#include "archive/vector_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "core/base/hash.h"
#include "tests/archive/sample_assets.h"

namespace ogam {
namespace {

using test::error_of;
using ::testing::HasSubstr;

const std::filesystem::path kFile = "x.ogv";

template <typename T>
T at(const std::vector<std::byte>& bytes, std::size_t position) {
  T value;
  std::memcpy(&value, bytes.data() + position, sizeof value);
  return value;
}

std::string hex(const std::vector<std::byte>& bytes, std::size_t position) {
  std::string text;
  for (std::size_t i = 0; i < 32; ++i) {
    text += fmt::format("{:02x}", static_cast<unsigned>(bytes.at(position + i)));
  }
  return text;
}

std::string blake3_of(std::vector<std::byte> first, const std::vector<std::byte>& second = {}) {
  first.insert(first.end(), second.begin(), second.end());
  return blake3_hex(first);
}

std::vector<std::byte> part(const std::vector<std::byte>& bytes, std::size_t from, std::size_t to) {
  return {bytes.begin() + static_cast<std::ptrdiff_t>(from),
          bytes.begin() + static_cast<std::ptrdiff_t>(to)};
}

// docs/archive_format.md gives these numbers.
TEST(VectorFileTest, TheHeaderLiesAsDocumented) {
  const Space space = test::visual_space();
  const auto bytes = vector_file_header(space);
  ASSERT_EQ(bytes.size(), 128U);
  EXPECT_EQ(std::memcmp(bytes.data(), "OGAMVEC\n", 8), 0);
  EXPECT_EQ(at<std::uint32_t>(bytes, 8), 1U);
  EXPECT_EQ(at<std::uint32_t>(bytes, 12), 128U);
  EXPECT_EQ(at<std::uint32_t>(bytes, 16), 0U);
  EXPECT_EQ(at<std::uint32_t>(bytes, 20), 32U);
  EXPECT_EQ(hex(bytes, 24), blake3_hex(std::as_bytes(std::span(space.id))));
  EXPECT_EQ(hex(bytes, 96), blake3_of(part(bytes, 0, 96)));
}

TEST(VectorFileTest, ABlockLiesAsDocumented) {
  const std::vector<VectorRow> rows = {{7, 9, -5}, {8, VectorRow::kNoWords, 1}};
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const auto bytes = encode_block(rows, values, 3);
  ASSERT_EQ(bytes.size(), 64U + 64U + 64U);
  EXPECT_EQ(bytes.size(), block_bytes(2, 3));
  EXPECT_EQ(std::memcmp(bytes.data(), "OGAMBLK\n", 8), 0);
  EXPECT_EQ(at<std::uint32_t>(bytes, 8), 2U);
  EXPECT_EQ(at<std::uint32_t>(bytes, 12), 3U);
  EXPECT_EQ(hex(bytes, 32), blake3_of(part(bytes, 0, 32), part(bytes, 64, bytes.size())));
  EXPECT_EQ(at<std::uint32_t>(bytes, 64), 7U);
  EXPECT_EQ(at<std::uint32_t>(bytes, 68), 9U);
  EXPECT_EQ(at<std::int64_t>(bytes, 72), -5);
  EXPECT_EQ(at<std::uint32_t>(bytes, 84), 0xFFFFFFFFU);
  EXPECT_EQ(at<float>(bytes, 128), 1.0F);
  EXPECT_EQ(at<float>(bytes, 148), 6.0F);
}

TEST(VectorFileTest, ABlockComesBackAsItWasWritten) {
  const std::vector<VectorRow> rows = {{0, 1, 2}, {3, 4, 5}, {6, 7, 8}};
  const std::vector<float> values = {1, 2, 3};
  const auto bytes = encode_block(rows, values, 1);
  const VectorBlock block = view_block(bytes, {0, 3, 1}, kFile);
  EXPECT_TRUE(std::equal(rows.begin(), rows.end(), block.rows.begin(), block.rows.end()));
  EXPECT_TRUE(std::equal(values.begin(), values.end(), block.values.begin(), block.values.end()));
  EXPECT_TRUE(block.is_sound());
}

TEST(VectorFileTest, RefusesPlacesWhereNoSuchBlockIs) {
  const std::vector<VectorRow> rows = {{0, 0, 0}};
  const std::vector<float> values = {1};
  const auto bytes = encode_block(rows, values, 1);
  for (const BlockPlace& place :
       {BlockPlace{1, 1, 1}, BlockPlace{64, 1, 1}, BlockPlace{0, 2, 1}, BlockPlace{0, 1, 2},
        BlockPlace{0, 1, 0}, BlockPlace{0, 1, -1}, BlockPlace{0, kMostRows + 1, 1},
        BlockPlace{0, kMostRows, kLargestDimension}, BlockPlace{SIZE_MAX - 63, 1, 1}}) {
    EXPECT_THAT(error_of([&] { view_block(bytes, place, kFile); }, ErrorCode::corrupt_data),
                HasSubstr("damaged"))
        << place.position << " " << place.rows << " " << place.dimension;
  }
}

TEST(VectorFileTest, RefusesAFileOfAnotherSpaceOrANewerVersion) {
  auto bytes = vector_file_header(test::visual_space());
  EXPECT_NO_THROW(check_vector_file(bytes, test::visual_space(), kFile));
  EXPECT_THAT(error_of([&] { check_vector_file(bytes, test::sound_space(), kFile); },
                       ErrorCode::corrupt_data),
              HasSubstr("another space"));
  bytes[8] = std::byte{2};
  Blake3 hash;
  hash.update(std::span(bytes).first(96));
  const auto checksum = hash.finish();
  std::memcpy(bytes.data() + 96, checksum.data(), checksum.size());
  EXPECT_THAT(error_of([&] { check_vector_file(bytes, test::visual_space(), kFile); },
                       ErrorCode::unsupported),
              HasSubstr("update ogam"));
}

}  // namespace
}  // namespace ogam
