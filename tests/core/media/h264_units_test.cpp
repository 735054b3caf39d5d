#include "core/media/h264_units.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ogam::h264 {
namespace {

using ::testing::ElementsAre;

std::string text_of(Bytes unit) { return {unit.begin(), unit.end()}; }

std::vector<std::string> texts_of(const std::optional<std::vector<Bytes>>& units) {
  std::vector<std::string> texts;
  for (const Bytes unit : units.value()) {
    texts.push_back(text_of(unit));
  }
  return texts;
}

TEST(H264UnitsTest, UnitsWithLengthsAreParted) {
  const std::string packet({0, 2, 'a', 'b', 0, 0, 0, 1, 'c'});
  EXPECT_THAT(texts_of(split_units(bytes_of(packet), 2)), ElementsAre("ab", "c"));
}

TEST(H264UnitsTest, ALengthThatDoesNotFitGivesNothing) {
  for (const std::string& packet :
       {std::string({0, 3, 'a', 'b'}), std::string({0}), std::string({'\xFF', '\xFF', 'a'})}) {
    EXPECT_FALSE(split_units(bytes_of(packet), 2).has_value());
  }
}

TEST(H264UnitsTest, StartCodesOfBothLengthsPartUnits) {
  const std::string packet({0, 0, 0, 1, 'a', 'b', 0, 0, 1, 'c', 0, 0, 0, 1, 'd', 0});
  EXPECT_THAT(texts_of(split_units(bytes_of(packet), 0)), ElementsAre("ab", "c", "d"));
  EXPECT_THAT(texts_of(split_units({}, 0)), ElementsAre());
}

// Profile, constraints, level, then the number 0 as one bit (sequence) or right away (picture).
const std::string kSequence({0x67, 0x64, 0, 0x1F, '\x80'});
const std::string kPicture({0x68, '\x80'});
// The number 2 is "011".
const std::string kPictureTwo({0x68, 0x60});

TEST(H264UnitsTest, HeadersOfMp4AreRead) {
  std::string stored({1, 0x64, 0, 0x1F, '\xFF', '\xE1', 0, 5});
  stored += kSequence;
  stored += std::string({2, 0, 2}) + kPicture + std::string({0, 2}) + kPictureTwo;
  const auto headers = read_headers(bytes_of(stored));
  ASSERT_TRUE(headers.has_value());
  EXPECT_EQ(headers->length_bytes, 4);
  EXPECT_THAT(headers->sets, ElementsAre(kSequence, kPicture, kPictureTwo));
  for (std::size_t length = 1; length < stored.size() - 1; ++length) {
    const auto cut = read_headers(bytes_of(stored).first(length));
    EXPECT_TRUE(!cut || cut->sets.size() < 3) << length;
  }
}

TEST(H264UnitsTest, HeadersWithStartCodesAreRead) {
  std::string stored;
  append_unit(stored, bytes_of(kSequence));
  append_unit(stored, bytes_of(std::string("\x06 a message")));
  append_unit(stored, bytes_of(kPicture));
  const auto headers = read_headers(bytes_of(stored));
  ASSERT_TRUE(headers.has_value());
  EXPECT_EQ(headers->length_bytes, 0);
  EXPECT_THAT(headers->sets, ElementsAre(kSequence, kPicture));
}

TEST(H264UnitsTest, SetsTellTheirNumbers) {
  EXPECT_EQ(set_id(bytes_of(kSequence)), 0);
  EXPECT_EQ(set_id(bytes_of(kPicture)), 0);
  EXPECT_EQ(set_id(bytes_of(kPictureTwo)), 2);
  EXPECT_EQ(set_id(bytes_of(std::string({0x68}))), std::nullopt);
  EXPECT_EQ(set_id(bytes_of(std::string({0x68, 0, 0}))), std::nullopt);
}

}  // namespace
}  // namespace ogam::h264
