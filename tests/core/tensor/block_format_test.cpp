#include "core/tensor/block_format.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "tests/support/bytes.h"

namespace ogam {
namespace {

using test::bytes_of;

// float16
constexpr std::uint16_t kOne = 0x3C00;
constexpr std::uint16_t kHalf = 0x3800;
constexpr std::uint16_t kTwo = 0x4000;
constexpr std::uint16_t kInfinity = 0x7C00;

std::vector<float> widen(std::uint32_t type, const std::string& block) {
  const auto* const format = find_block_format(type);
  const auto numbers =
      widen_blocks(*format, test::as_file(block), {static_cast<std::int64_t>(format->elements)});
  const auto* const data = numbers.const_data_ptr<float>();
  return {data, data + numbers.numel()};
}

TEST(BlockFormatTest, Q8IsScaleTimesSignedBytes) {
  std::string quants;
  for (int i = 0; i < 32; ++i) {
    quants.push_back(static_cast<char>(i - 16));
  }
  const auto numbers = widen(8, bytes_of(kHalf) + quants);
  for (int i = 0; i < 32; ++i) {
    EXPECT_EQ(numbers[static_cast<std::size_t>(i)], 0.5F * static_cast<float>(i - 16));
  }
}

TEST(BlockFormatTest, Q4HasTheSecondHalfInTheHighBits) {
  const auto numbers = widen(2, bytes_of(kTwo) + std::string(16, '\x1F'));
  EXPECT_EQ(numbers, [] {
    std::vector<float> expected(16, 2.0F * (15 - 8));
    expected.resize(32, 2.0F * (1 - 8));
    return expected;
  }());
}

TEST(BlockFormatTest, Q5TakesTheFifthBitsInOrder) {
  const auto numbers =
      widen(6, bytes_of(kOne) + bytes_of<std::uint32_t>(0x80000001) + std::string(16, '\x21'));
  EXPECT_EQ(numbers[0], 17 - 16);
  EXPECT_EQ(numbers[1], 1 - 16);
  EXPECT_EQ(numbers[30], 2 - 16);
  EXPECT_EQ(numbers[31], 18 - 16);
}

TEST(BlockFormatTest, Q4KTakesAnOffsetOffEachGroup) {
  // Group 0: scale 3, offset 1. Group 4: scale 5 | 2 << 4, offset 7 | 1 << 4.
  const std::string scales = {'\x83', 0, 0, 0, '\x41', 0, 0, 0, '\x75', 0, 0, 0};
  const auto numbers = widen(12, bytes_of(kOne) + bytes_of(kTwo) + scales + std::string(128, 4));
  EXPECT_EQ(numbers[0], 3 * 4 - 2 * 1);
  EXPECT_EQ(numbers[32], 0);
  EXPECT_EQ(numbers[128], 37 * 4 - 2 * 23);
}

TEST(BlockFormatTest, InfiniteScalesStayWhatTheyAre) {
  const auto numbers = widen(8, bytes_of(kInfinity) + std::string(1, 1) + std::string(31, 0));
  EXPECT_TRUE(std::isinf(numbers[0]));
  EXPECT_TRUE(std::isnan(numbers[1]));
}

TEST(BlockFormatTest, OtherTypesAreNotFound) {
  for (const std::uint32_t type : {0U, 1U, 3U, 7U, 10U, 15U, 30U, 1000U}) {
    EXPECT_EQ(find_block_format(type), nullptr) << type;
  }
}

TEST(BlockFormatTest, BytesMustBeThoseOfTheShape) {
  const std::string block(34, '\0');
  EXPECT_THROW(widen_blocks(*find_block_format(8), test::as_file(block), {64}), Error);
  EXPECT_THROW(widen_blocks(*find_block_format(8), test::as_file(block), {31}), Error);
  EXPECT_THROW(widen_blocks(*find_block_format(8), test::as_file(block), {0}), Error);
}

}  // namespace
}  // namespace ogam
