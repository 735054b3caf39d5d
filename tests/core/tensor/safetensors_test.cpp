#include "core/tensor/safetensors.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/base/error.h"
#include "core/tensor/safetensors_writer.h"
#include "core/tensor/weight_source.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

using test::TemporaryFolder;

std::string little_endian(std::uint64_t value) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) {
    bytes.push_back(static_cast<char>((value >> (8 * i)) & 0xFF));
  }
  return bytes;
}

/// A file with that header and `data_size` zero bytes of data.
std::string file_with(const std::string& header, std::size_t data_size = 0) {
  return little_endian(header.size()) + header + std::string(data_size, '\0');
}

void parse(const std::string& file) {
  parse_safetensors_header(std::as_bytes(std::span(file)), "bad.safetensors");
}

struct HostileCase {
  std::string name;
  std::string file;
  ErrorCode code = ErrorCode::corrupt_data;
};

std::vector<HostileCase> hostile_cases() {
  const auto tensor = [](const std::string& dtype, const std::string& shape,
                         const std::string& offsets) {
    return R"({"a":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" +
           offsets + "}}";
  };
  const auto two = [](const std::string& first, const std::string& second) {
    return R"({"a":{"dtype":"U8","shape":[4],"data_offsets":)" + first +
           R"(},"b":{"dtype":"U8","shape":[4],"data_offsets":)" + second + "}}";
  };
  return {
      {"Empty", ""},
      {"SevenBytes", std::string(7, '\0')},
      {"HeaderLengthZero", little_endian(0)},
      {"HeaderPastEndOfFile", little_endian(100) + "{}"},
      {"HeaderLengthHuge", little_endian(~0ull) + "{}"},
      {"HeaderOverLimit", little_endian(kMaxSafetensorsHeader + 1) + "{}"},
      {"HeaderNotJson", file_with("{\"a\":")},
      {"HeaderStartsWithSpace", file_with(" {}")},
      {"HeaderIsArray", file_with("[]")},
      {"HeaderNotUtf8", file_with("{\"\xFF\":1}")},
      {"HeaderNestsTooDeep", file_with("{\"a\":" + std::string(1000, '[') + "]")},
      {"DuplicateTensor", file_with(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)"
                                    R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})")},
      {"MetadataNotObject", file_with(R"({"__metadata__":3})")},
      {"MetadataValueNotString", file_with(R"({"__metadata__":{"k":1}})")},
      {"TensorNotObject", file_with(R"({"a":[]})")},
      {"DtypeMissing", file_with(R"({"a":{"x":"U8","shape":[0],"data_offsets":[0,0]}})")},
      {"UnknownKey", file_with(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],"k":1}})")},
      {"DtypeNotString", file_with(R"({"a":{"dtype":8,"shape":[0],"data_offsets":[0,0]}})")},
      {"DtypeUnknown", file_with(tensor("F4", "[0]", "[0,0]")), ErrorCode::unsupported},
      {"ShapeNotArray", file_with(tensor("U8", "4", "[0,4]"), 4)},
      {"ShapeNegative", file_with(tensor("U8", "[-4]", "[0,4]"), 4)},
      {"ShapeFraction", file_with(tensor("U8", "[4.0]", "[0,4]"), 4)},
      {"ShapeProductOverflows", file_with(tensor("U8", "[4294967296,4294967296]", "[0,0]"))},
      {"ShapeBytesOverflow", file_with(tensor("F64", "[1152921504606846976]", "[0,0]"))},
      {"ShapeOverflowsBesideZero", file_with(tensor("U8", "[0,4294967296,4294967296]", "[0,0]"))},
      {"ShapeOverSignedRange", file_with(tensor("U8", "[9223372036854775808]", "[0,0]"))},
      {"ShapeTooManyDimensions", file_with(tensor(
                                               "U8",
                                               "[1" +
                                                   [] {
                                                     std::string ones;
                                                     for (int i = 0; i < 64; ++i) {
                                                       ones += ",1";
                                                     }
                                                     return ones;
                                                   }() +
                                                   "]",
                                               "[0,1]"),
                                           1)},
      {"OffsetsMissingOne", file_with(tensor("U8", "[4]", "[4]"), 4)},
      {"OffsetsNegative", file_with(tensor("U8", "[4]", "[-4,0]"), 4)},
      {"OffsetsBackwards", file_with(tensor("U8", "[4]", "[4,0]"), 4)},
      {"OffsetsPastEnd", file_with(tensor("U8", "[8]", "[0,8]"), 4)},
      {"OffsetsHuge",
       file_with(tensor("U8", "[1]", "[9223372036854775806,9223372036854775807]"), 4)},
      {"SizeDisagreesWithShape", file_with(tensor("F32", "[2]", "[0,4]"), 4)},
      {"TensorsOverlap", file_with(two("[0,4]", "[2,6]"), 6)},
      {"TensorsLeaveGap", file_with(two("[0,4]", "[6,10]"), 10)},
      {"TensorsShareBytes", file_with(two("[0,4]", "[0,4]"), 4)},
      {"FirstTensorNotAtStart", file_with(tensor("U8", "[4]", "[2,6]"), 6)},
      {"DataAfterLastTensor", file_with(tensor("U8", "[4]", "[0,4]"), 5)},
      {"DataWithoutTensors", file_with("{}", 3)},
      {"CutShort", file_with(tensor("U8", "[4]", "[0,4]"), 3)},
  };
}

class HostileSafetensorsTest : public ::testing::TestWithParam<HostileCase> {};

TEST_P(HostileSafetensorsTest, IsRefusedWithTheFileNamed) {
  try {
    parse(GetParam().file);
    FAIL() << "was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), GetParam().code) << error.what();
    EXPECT_THAT(error.what(), ::testing::HasSubstr("bad.safetensors"));
  }
}

INSTANTIATE_TEST_SUITE_P(Headers, HostileSafetensorsTest, ::testing::ValuesIn(hostile_cases()),
                         [](const auto& param) { return param.param.name; });

TEST(SafetensorsTest, EmptyFileOfTensorsIsValid) { EXPECT_NO_THROW(parse(file_with("{}   "))); }

TEST(SafetensorsTest, RoundTripKeepsEveryDtypeAndMetadata) {
  const TemporaryFolder folder;
  std::map<std::string, at::Tensor> tensors;
  for (const auto dtype : {at::kBool, at::kByte, at::kChar, at::kShort, at::kInt, at::kLong,
                           at::kHalf, at::kBFloat16, at::kFloat, at::kDouble}) {
    tensors[c10::toString(dtype)] = at::arange(6, at::kLong).reshape({2, 3}).to(dtype);
  }
  tensors["scalar"] = at::scalar_tensor(2.5, at::kFloat);
  tensors["empty"] = at::empty({0, 7}, at::kHalf);
  tensors["transposed"] = at::arange(6, at::kFloat).reshape({2, 3}).t();
  tensors["이름"] = at::ones({1}, at::kFloat);
  save_safetensors(folder / "all.safetensors", tensors, {{"format", "pt"}, {"한", "글"}});

  const SafetensorsFile file(folder / "all.safetensors");
  EXPECT_EQ(file.metadata(), (std::map<std::string, std::string>{{"format", "pt"}, {"한", "글"}}));
  ASSERT_EQ(file.tensors().size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    const auto loaded = file.load(name);
    EXPECT_EQ(loaded.scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(loaded, tensor)) << name;
  }
}

TEST(SafetensorsTest, TensorsOutliveTheirFile) {
  const TemporaryFolder folder;
  save_safetensors(folder / "a.safetensors", {{"a", at::arange(1000, at::kFloat)}});
  at::Tensor tensor;
  {
    const auto source = open_weights(folder / "a.safetensors");
    tensor = source->load("a");
  }
  EXPECT_EQ(tensor.sum().item<float>(), 499500.0F);
}

TEST(SafetensorsTest, MisalignedTensorIsReadCorrectly) {
  const TemporaryFolder folder;
  const std::string header = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                             R"("b":{"dtype":"I32","shape":[2],"data_offsets":[1,9]}})";
  const std::string data("\x07\x01\x00\x00\x00\x02\x00\x00\x00", 9);
  write_file_atomically(folder / "odd.safetensors", little_endian(header.size()) + header + data);
  const SafetensorsFile file(folder / "odd.safetensors");
  const auto tensor = file.load("b");
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.data_ptr()) % 4, 0U);
  EXPECT_EQ(tensor[0].item<int>(), 1);
  EXPECT_EQ(tensor[1].item<int>(), 2);
}

TEST(SafetensorsTest, BoolBytesOtherThanZeroAndOneAreRefused) {
  const TemporaryFolder folder;
  const std::string header = R"({"a":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})";
  write_file_atomically(folder / "b.safetensors", little_endian(header.size()) + header + "\x02");
  const SafetensorsFile file(folder / "b.safetensors");
  EXPECT_THROW(file.load("a"), Error);
}

TEST(SafetensorsTest, UnknownTensorIsNotFound) {
  const TemporaryFolder folder;
  save_safetensors(folder / "a.safetensors", {{"a", at::ones({1})}});
  const SafetensorsFile file(folder / "a.safetensors");
  try {
    file.load("b");
    FAIL() << "was found";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
  }
}

TEST(SafetensorsTest, EqualContentGivesEqualBytes) {
  const TemporaryFolder folder;
  const std::map<std::string, at::Tensor> tensors = {{"x", at::ones({3})},
                                                     {"y", at::ones({2}, at::kLong)}};
  save_safetensors(folder / "a.safetensors", tensors, {{"k", "v"}});
  save_safetensors(folder / "b.safetensors", tensors, {{"k", "v"}});
  EXPECT_EQ(read_file(folder / "a.safetensors", 1 << 20),
            read_file(folder / "b.safetensors", 1 << 20));
}

TEST(SafetensorsTest, ReservedAndUndefinedTensorsAreNotWritten) {
  const TemporaryFolder folder;
  EXPECT_THROW(save_safetensors(folder / "a", {{"__metadata__", at::ones({1})}}), Error);
  EXPECT_THROW(save_safetensors(folder / "a", {{"a", at::Tensor()}}), Error);
  EXPECT_THROW(save_safetensors(folder / "a", {{"\xFF", at::ones({1})}}), Error);
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
}

}  // namespace
}  // namespace ogam
