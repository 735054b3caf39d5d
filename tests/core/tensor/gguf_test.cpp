#include "core/tensor/gguf.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/base/error.h"
#include "core/tensor/weight_source.h"
#include "tests/support/gguf_bytes.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

using test::bytes_of;
using test::GgufBytes;
using test::TemporaryFolder;
using Tensor = test::GgufTensorBytes;

constexpr std::uint32_t kF16 = 1;
constexpr std::uint32_t kTypeQ4 = 2;
constexpr std::uint32_t kTypeQ8 = 8;
constexpr std::uint32_t kQ4K = 12;

GgufHeader parse(const std::string& file) {
  return parse_gguf_header(test::as_file(file), "bad.gguf");
}

std::string alignment_key(std::uint32_t alignment) {
  return test::gguf_key("general.alignment", GgufType::u32, bytes_of(alignment));
}

std::string zeros(std::size_t count) { return std::string(count, '\0'); }

/// A file of that one tensor and that many bytes of data.
std::string file_of(const Tensor& tensor, std::size_t data_size) {
  return GgufBytes{.tensors = {tensor}, .data = zeros(data_size)}.bytes();
}

std::string file_of(const std::vector<Tensor>& tensors, std::size_t data_size) {
  return GgufBytes{.tensors = tensors, .data = zeros(data_size)}.bytes();
}

/// A file that claims so many tensors and keys, and ends there.
std::string counts(std::uint64_t tensors, std::uint64_t keys) {
  return "GGUF" + bytes_of<std::uint32_t>(3) + bytes_of(tensors) + bytes_of(keys);
}

struct HostileCase {
  std::string name;
  std::string file;
  ErrorCode code = ErrorCode::corrupt_data;
};

std::vector<HostileCase> hostile_cases() {
  constexpr auto kHuge = ~std::uint64_t{0};
  constexpr std::uint64_t k2To32 = std::uint64_t{1} << 32;
  const auto key = [](const std::string& bytes) { return GgufBytes{.keys = {bytes}}.bytes(); };
  return {
      {"Empty", ""},
      {"MagicAlone", "GGUF"},
      {"OtherMagic", "GGML" + zeros(60)},
      {"Version2", GgufBytes{.version = 2}.bytes(), ErrorCode::unsupported},
      {"Version0", GgufBytes{.version = 0}.bytes(), ErrorCode::unsupported},
      {"BigEndian", GgufBytes{.version = 3u << 24}.bytes(), ErrorCode::unsupported},
      {"CutInCounts", counts(0, 0).substr(0, 20)},
      {"TensorsMissing", counts(1, 0)},
      {"TensorCountHuge", counts(kHuge, 0)},
      {"KeysMissing", counts(0, 1)},
      {"KeyCountHuge", counts(0, kHuge)},
      {"KeyLengthHuge", counts(0, 1) + bytes_of(kHuge)},
      {"KeyEmpty", key(test::gguf_key("", GgufType::u8, "x"))},
      {"KeyNotUtf8", key(test::gguf_key("\xFF", GgufType::u8, "x"))},
      {"KeyTwice", GgufBytes{.keys = {alignment_key(32), alignment_key(32)}}.bytes()},
      {"ValueTypeUnknown", key(test::gguf_key("k", GgufType{13}, zeros(8)))},
      {"ValueCut", counts(0, 1) + test::gguf_key("k", GgufType::u64, zeros(7))},
      {"StringLengthHuge", key(test::gguf_key("k", GgufType::string, bytes_of(kHuge)))},
      {"BooleanTwo", key(test::gguf_key("k", GgufType::boolean, "\x02"))},
      {"ArrayTypeUnknown", key(test::gguf_array("k", GgufType{99}, 1, zeros(8)))},
      {"ArrayCountHuge", key(test::gguf_array("k", GgufType::u64, kHuge, zeros(8)))},
      {"ArraySizeOverflows", key(test::gguf_array("k", GgufType::u64, (kHuge >> 3) + 2, zeros(8)))},
      {"ArrayOfStringsCut",
       key(test::gguf_array("k", GgufType::string, 2, test::gguf_string("x") + bytes_of(kHuge)))},
      {"ArrayOfBooleansTwo", key(test::gguf_array("k", GgufType::boolean, 2, "\x01\x02"))},
      {"ArrayOfArrays", key(test::gguf_array("k", GgufType::array, 1, zeros(12))),
       ErrorCode::unsupported},
      {"AlignmentZero", key(alignment_key(0))},
      {"AlignmentNotPowerOfTwo", key(alignment_key(48))},
      {"AlignmentBelowEight", key(alignment_key(4))},
      {"AlignmentString",
       key(test::gguf_key("general.alignment", GgufType::string, test::gguf_string("32")))},
      {"AlignmentPastEnd",
       GgufBytes{.keys = {alignment_key(1u << 31)}, .tensors = {Tensor{}}}.bytes()},
      {"NameEmpty", file_of(Tensor{.name = ""}, 16)},
      {"NameNotUtf8", file_of(Tensor{.name = "\xC3("}, 16)},
      {"NameWithControlCharacter", file_of(Tensor{.name = "a\x1B[2J"}, 16)},
      {"RankFive", file_of(Tensor{.dimensions = {1, 1, 1, 1, 4}}, 16)},
      {"DimensionOverSignedRange", file_of(Tensor{.dimensions = {kHuge}}, 16)},
      {"ShapeProductOverflows", file_of(Tensor{.dimensions = {k2To32, k2To32}}, 16)},
      {"ShapeBytesOverflow", file_of(Tensor{.dimensions = {kHuge >> 2}}, 16)},
      {"ShapeOverflowsBesideZero", file_of(Tensor{.dimensions = {0, k2To32, k2To32}}, 0)},
      {"WidenedBytesOverflow",
       file_of(Tensor{.dimensions = {std::uint64_t{1} << 61}, .type = kTypeQ4}, 16)},
      {"RowNotWholeBlocks", file_of(Tensor{.dimensions = {48, 2}, .type = kTypeQ8}, 102)},
      {"RowNotWholeLargeBlocks", file_of(Tensor{.dimensions = {128, 2}, .type = kQ4K}, 144)},
      {"ScalarInBlocks", file_of(Tensor{.dimensions = {}, .type = kTypeQ8}, 34)},
      {"TypeOfOtherBlocks", file_of(Tensor{.dimensions = {256}, .type = 10}, 84),
       ErrorCode::unsupported},
      {"TypeUnknown", file_of(Tensor{.type = 1000}, 16), ErrorCode::unsupported},
      {"DataCutShort", file_of(Tensor{}, 15)},
      {"BlocksCutShort", file_of(Tensor{.dimensions = {64}, .type = kTypeQ8}, 67)},
      {"DataMissing", file_of(Tensor{}, 0)},
      {"OffsetHuge", file_of(Tensor{.offset = kHuge}, 16)},
      {"FirstTensorNotAtStart", file_of(Tensor{.offset = 32}, 48)},
      {"TensorNotAligned", file_of({Tensor{}, Tensor{.name = "b", .offset = 16}}, 32)},
      {"TensorsOverlap",
       file_of({Tensor{.dimensions = {16}}, Tensor{.name = "b", .offset = 32}}, 64)},
      {"TensorsShareBytes", file_of({Tensor{}, Tensor{.name = "b"}}, 16)},
      {"TensorsLeaveGap", file_of({Tensor{}, Tensor{.name = "b", .offset = 64}}, 80)},
      {"TensorTwice", file_of({Tensor{}, Tensor{.offset = 32}}, 48)},
      {"DataAfterLastPadding", file_of(Tensor{}, 33)},
      {"DataWithoutTensors", GgufBytes{.data = zeros(3)}.bytes()},
  };
}

class HostileGgufTest : public ::testing::TestWithParam<HostileCase> {};

TEST_P(HostileGgufTest, IsRefusedWithTheFileNamed) {
  try {
    parse(GetParam().file);
    FAIL() << "was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), GetParam().code) << error.what();
    EXPECT_THAT(error.what(), ::testing::HasSubstr("bad.gguf"));
  }
}

INSTANTIATE_TEST_SUITE_P(Headers, HostileGgufTest, ::testing::ValuesIn(hostile_cases()),
                         [](const auto& param) { return param.param.name; });

TEST(GgufTest, EveryCutOfAFileIsRefused) {
  const auto file =
      GgufBytes{.keys = {alignment_key(32),
                         test::gguf_array("k", GgufType::string, 2,
                                          test::gguf_string("x") + test::gguf_string("yz"))},
                .tensors = {Tensor{}},
                .data = zeros(16)}
          .bytes();
  EXPECT_NO_THROW(parse(file));
  for (std::size_t kept = 0; kept < file.size(); ++kept) {
    EXPECT_THROW(parse(file.substr(0, kept)), Error) << kept;
  }
}

TEST(GgufTest, FileOfKeysAloneNeedsNoPadding) {
  auto file = GgufBytes{.keys = {alignment_key(64)}}.bytes();
  file.resize(file.find_last_not_of('\0') + 4);
  EXPECT_TRUE(parse(file).tensors.empty());
}

TEST(GgufTest, LastPaddingMayBeThere) {
  EXPECT_NO_THROW(parse(file_of(Tensor{}, 16)));
  EXPECT_NO_THROW(parse(file_of(Tensor{}, 32)));
}

TEST(GgufTest, DimensionsAreReversedAndTensorsSorted) {
  const auto header = parse(file_of({Tensor{.name = "b", .dimensions = {4, 3, 2}},
                                     Tensor{.name = "a", .dimensions = {}, .offset = 96}},
                                    100));
  ASSERT_EQ(header.tensors.size(), 2U);
  EXPECT_EQ(header.tensors[0].info.name, "a");
  EXPECT_TRUE(header.tensors[0].info.shape.empty());
  EXPECT_EQ(header.tensors[1].info.shape, (std::vector<std::int64_t>{2, 3, 4}));
}

TEST(GgufTest, TensorsLieAtMultiplesOfTheAlignmentThatTheFileNames) {
  const auto keys = {alignment_key(128)};
  const auto with_offset = [&](std::uint64_t offset) {
    return GgufBytes{.keys = keys,
                     .tensors = {Tensor{}, Tensor{.name = "b", .offset = offset}},
                     .data = zeros(offset + 16),
                     .alignment = 128}
        .bytes();
  };
  EXPECT_NO_THROW(parse(with_offset(128)));
  EXPECT_THROW(parse(with_offset(32)), Error);
}

TEST(GgufTest, NumbersAreViewsThatOutliveTheFile) {
  const TemporaryFolder folder;
  const auto floats = bytes_of(1.5F) + bytes_of(-2.0F) + bytes_of(0.0F) + bytes_of(3.25F);
  const GgufBytes file{
      .tensors = {Tensor{.dimensions = {2, 2}},
                  Tensor{.name = "h", .dimensions = {2}, .type = kF16, .offset = 32}},
      .data =
          floats + zeros(16) + bytes_of<std::uint16_t>(0x3C00) + bytes_of<std::uint16_t>(0xC000)};
  write_file_atomically(folder / "weights", file.bytes());
  at::Tensor a;
  at::Tensor h;
  {
    const auto source = open_weights(folder / "weights");
    a = source->load("a");
    h = source->load("h");
  }
  EXPECT_TRUE(at::equal(a, at::tensor({1.5F, -2.0F, 0.0F, 3.25F}).reshape({2, 2})));
  EXPECT_EQ(h.scalar_type(), at::kHalf);
  EXPECT_TRUE(at::equal(h, at::tensor({1.0F, -2.0F}).to(at::kHalf)));
}

TEST(GgufTest, EmptyTensorsLoad) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a.gguf",
                        file_of({Tensor{.dimensions = {0, 3}},
                                 Tensor{.name = "q", .dimensions = {32, 0}, .type = kTypeQ8}},
                                0));
  const GgufFile file(folder / "a.gguf");
  EXPECT_EQ(file.load("a").sizes(), (std::vector<std::int64_t>{3, 0}));
  EXPECT_EQ(file.load("q").sizes(), (std::vector<std::int64_t>{0, 32}));
  EXPECT_EQ(file.load_blocks("q")->bytes.sizes(), (std::vector<std::int64_t>{0, 34}));
}

TEST(GgufTest, UnknownNamesAreNotFound) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a.gguf", file_of(Tensor{}, 16));
  const GgufFile file(folder / "a.gguf");
  for (const auto& load : {std::function([&] { file.load("b"); }),
                           std::function([&] { (void)file.load_blocks("b"); })}) {
    try {
      load();
      FAIL() << "was found";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::not_found);
    }
  }
}

TEST(GgufTest, EveryTypeEqualsTheReferenceBitForBit) {
  const auto golden = test::Golden::open("gguf_types");
  const GgufFile file(test::source_folder() / "tests" / "golden" / "gguf_types.gguf");
  ASSERT_EQ(file.tensors().size(), 12U);
  for (const auto& info : file.tensors()) {
    const auto numbers = file.load(info.name);
    EXPECT_EQ(numbers.scalar_type(), info.dtype) << info.name;
    EXPECT_EQ(numbers.sizes(), info.shape) << info.name;
    EXPECT_TRUE(
        at::equal(numbers.to(at::kFloat).view(at::kInt), golden.tensor(info.name).view(at::kInt)))
        << info.name;
  }
}

TEST(GgufTest, BlocksAreTheBytesOfTheFile) {
  const auto golden = test::Golden::open("gguf_types");
  const GgufFile file(test::source_folder() / "tests" / "golden" / "gguf_types.gguf");
  EXPECT_FALSE(file.load_blocks("F16").has_value());
  const auto blocks = file.load_blocks("Q6_K.random");
  ASSERT_TRUE(blocks.has_value());
  EXPECT_EQ(blocks->format->name, "Q6_K");
  EXPECT_EQ(blocks->bytes.scalar_type(), at::kByte);
  ASSERT_EQ(blocks->bytes.sizes(), (std::vector<std::int64_t>{3, 2 * 210}));
  const auto row = blocks->bytes[1];
  const auto widened = widen_blocks(
      *blocks->format, std::as_bytes(std::span(row.const_data_ptr<std::uint8_t>(), 420)), {512});
  EXPECT_TRUE(at::equal(widened, golden.tensor("Q6_K.random")[1]));
}

}  // namespace
}  // namespace ogam
