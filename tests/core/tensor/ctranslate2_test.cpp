#include "core/tensor/ctranslate2.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/tensor/weight_source.h"
#include "tests/support/bytes.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

using test::bytes_of;
using test::TemporaryFolder;

constexpr std::uint8_t kF32 = 0;
constexpr std::uint8_t kI8 = 1;
constexpr std::uint8_t kF16 = 4;

std::string text(const std::string& characters) {
  return bytes_of(static_cast<std::uint16_t>(characters.size() + 1)) + characters + '\0';
}

std::string zeros(std::size_t count) { return std::string(count, '\0'); }

struct TensorBytes {
  std::string name = "a";
  std::vector<std::uint32_t> shape = {2};
  std::uint8_t type = kF32;
  std::string data = zeros(8);
  std::uint32_t size_error = 0;  // added to the size that is written

  std::string bytes() const {
    auto entry = text(name) + static_cast<char>(shape.size());
    for (const auto dimension : shape) {
      entry += bytes_of(dimension);
    }
    return entry + static_cast<char>(type) +
           bytes_of(static_cast<std::uint32_t>(data.size()) + size_error) + data;
  }
};

struct FileBytes {
  std::vector<TensorBytes> tensors = {};
  std::vector<std::pair<std::string, std::string>> aliases = {};
  std::uint32_t version = 6;

  std::string bytes() const {
    auto file = bytes_of(version) + text("TestSpec") + bytes_of<std::uint32_t>(3) +
                bytes_of(static_cast<std::uint32_t>(tensors.size()));
    for (const auto& tensor : tensors) {
      file += tensor.bytes();
    }
    file += bytes_of(static_cast<std::uint32_t>(aliases.size()));
    for (const auto& [alias, name] : aliases) {
      file += text(alias) + text(name);
    }
    return file;
  }
};

CTranslate2Content parse(const std::string& file) {
  return parse_ctranslate2(test::as_file(file), "bad.bin");
}

struct HostileCase {
  std::string name;
  std::string file;
  ErrorCode code = ErrorCode::corrupt_data;
};

std::vector<HostileCase> hostile_cases() {
  const auto one = [](const TensorBytes& tensor) { return FileBytes{.tensors = {tensor}}.bytes(); };
  const auto begin = [](const std::string& rest) { return bytes_of<std::uint32_t>(6) + rest; };
  const auto head = begin(text("TestSpec") + bytes_of<std::uint32_t>(3));
  constexpr std::uint32_t kHuge = ~0U;
  return {
      {"Empty", ""},
      {"ThreeBytes", "\x06" + zeros(2)},
      {"Version5", FileBytes{.version = 5}.bytes(), ErrorCode::unsupported},
      {"Version7", FileBytes{.version = 7}.bytes(), ErrorCode::unsupported},
      {"SpecificationCut", begin(bytes_of<std::uint16_t>(100) + "Test")},
      {"SpecificationWithoutZero", begin(bytes_of<std::uint16_t>(4) + "Test" + zeros(12))},
      {"SpecificationOfNoBytes", begin(zeros(14))},
      {"SpecificationEmpty", begin(text("") + zeros(12))},
      {"CountMissing", head},
      {"TensorsMissing", head + bytes_of<std::uint32_t>(1)},
      {"TensorCountHuge", head + bytes_of(kHuge)},
      {"NameNotUtf8", one({.name = "\xFF"})},
      {"NameHoldsZero", one({.name = std::string("a\0b", 3)})},
      {"NameEmpty", one({.name = ""})},
      {"RankNine", one({.shape = {1, 1, 1, 1, 1, 1, 1, 1, 2}})},
      {"TypeUnknown", one({.type = 6}), ErrorCode::unsupported},
      {"ShapeOverflows", one({.shape = {kHuge, kHuge, kHuge}})},
      {"ShapeOverflowsBesideZero", one({.shape = {0, kHuge, kHuge, kHuge}, .data = ""})},
      {"SizeDisagreesWithShape", one({.shape = {3}})},
      {"SizeDisagreesWithType", one({.type = kF16})},
      {"SizeWrapsAround", one({.shape = {1U << 30}, .data = ""})},
      {"SizePastEnd", head + bytes_of<std::uint32_t>(1) +
                          TensorBytes{.shape = {1000}, .data = "", .size_error = 4000}.bytes()},
      {"TensorTwice", FileBytes{.tensors = {{}, {}}}.bytes()},
      {"AliasesMissing", head + bytes_of<std::uint32_t>(1) + TensorBytes{}.bytes()},
      {"AliasCountHuge",
       head + bytes_of<std::uint32_t>(1) + TensorBytes{}.bytes() + bytes_of(kHuge)},
      {"AliasOfNothing", FileBytes{.tensors = {{}}, .aliases = {{"b", "c"}}}.bytes()},
      {"AliasOfAlias", FileBytes{.tensors = {{}}, .aliases = {{"b", "a"}, {"c", "b"}}}.bytes()},
      {"AliasTwice", FileBytes{.tensors = {{}}, .aliases = {{"b", "a"}, {"b", "a"}}}.bytes()},
      {"AliasNamedAsTensor", FileBytes{.tensors = {{}}, .aliases = {{"a", "a"}}}.bytes()},
      {"DataAfterTheEnd", FileBytes{.tensors = {{}}}.bytes() + '\0'},
  };
}

class HostileCTranslate2Test : public ::testing::TestWithParam<HostileCase> {};

TEST_P(HostileCTranslate2Test, IsRefusedWithTheFileNamed) {
  try {
    parse(GetParam().file);
    FAIL() << "was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), GetParam().code) << error.what();
    EXPECT_THAT(error.what(), ::testing::HasSubstr("bad.bin"));
  }
}

INSTANTIATE_TEST_SUITE_P(Files, HostileCTranslate2Test, ::testing::ValuesIn(hostile_cases()),
                         [](const auto& param) { return param.param.name; });

TEST(CTranslate2Test, EveryCutOfAFileIsRefused) {
  const auto file = FileBytes{.tensors = {{}}, .aliases = {{"b", "a"}}}.bytes();
  EXPECT_NO_THROW(parse(file));
  for (std::size_t kept = 0; kept < file.size(); ++kept) {
    EXPECT_THROW(parse(file.substr(0, kept)), Error) << kept;
  }
}

TEST(CTranslate2Test, TensorsAreGivenAsStoredAndOutliveTheFile) {
  const TemporaryFolder folder;
  const FileBytes content{
      .tensors = {{.name = "w", .shape = {1, 2}, .data = bytes_of(1.5F) + bytes_of(-2.0F)},
                  {.name = "h",
                   .shape = {2},
                   .type = kF16,
                   .data = bytes_of<std::uint16_t>(0x3C00) + bytes_of<std::uint16_t>(0xC000)},
                  {.name = "q", .shape = {3}, .type = kI8, .data = "\x01\xFF\x7F"},
                  {.name = "s", .shape = {}, .type = kI8, .data = "\x05"},
                  {.name = "e", .shape = {0, 3}, .data = ""}}};
  write_file_atomically(folder / "weights", content.bytes());
  std::map<std::string, at::Tensor> loaded;
  {
    const auto source = open_weights(folder / "weights");
    for (const auto& info : source->tensors()) {
      loaded[info.name] = source->load(info.name);
      EXPECT_EQ(loaded[info.name].sizes(), info.shape);
      EXPECT_EQ(loaded[info.name].scalar_type(), info.dtype);
    }
  }
  ASSERT_EQ(loaded.size(), 5U);
  EXPECT_TRUE(at::equal(loaded["w"], at::tensor({1.5F, -2.0F}).reshape({1, 2})));
  EXPECT_TRUE(at::equal(loaded["h"], at::tensor({1.0F, -2.0F}).to(at::kHalf)));
  EXPECT_TRUE(at::equal(loaded["q"], at::tensor({1, -1, 127}).to(at::kChar)));
  EXPECT_EQ(loaded["s"].item<int>(), 5);
}

TEST(CTranslate2Test, AliasesLoadWhatTheyNameWithItsScale) {
  const TemporaryFolder folder;
  const FileBytes content{.tensors = {{.name = "in", .shape = {2}, .type = kI8, .data = "\x01\x02"},
                                      {.name = "in_scale", .shape = {1}, .data = bytes_of(4.0F)}},
                          .aliases = {{"out", "in"}}};
  write_file_atomically(folder / "model.bin", content.bytes());
  const CTranslate2File file(folder / "model.bin");
  EXPECT_EQ(file.specification(), "TestSpec");
  EXPECT_EQ(file.revision(), 3U);
  EXPECT_EQ(file.tensors().size(), 2U);
  EXPECT_EQ(file.aliases(),
            (std::map<std::string, std::string>{{"out", "in"}, {"out_scale", "in_scale"}}));
  EXPECT_TRUE(at::equal(file.load("out"), file.load("in")));
  EXPECT_EQ(file.load("out_scale").item<float>(), 4.0F);
  try {
    file.load("other");
    FAIL() << "was found";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_found);
  }
}

TEST(CTranslate2Test, IsToldFromSafetensorsOfAnyHeaderLength) {
  for (std::uint64_t length = 0; length < 300; ++length) {
    EXPECT_FALSE(is_ctranslate2(test::as_file(bytes_of(length) + "{}"))) << length;
  }
  EXPECT_TRUE(is_ctranslate2(test::as_file(FileBytes{}.bytes())));
}

}  // namespace
}  // namespace ogam
