#include "core/base/gguf_metadata.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/tensor/gguf.h"
#include "tests/support/gguf_bytes.h"
#include "tests/support/golden.h"

namespace ogam {
namespace {

using test::bytes_of;
using test::gguf_key;

/// A file of keys, and what is read from it.
class Keys {
 public:
  explicit Keys(const std::vector<std::string>& keys)
      : file_(test::GgufBytes{.keys = keys}.bytes()),
        metadata_(parse_gguf_header(test::as_file(file_), "bad.gguf").metadata) {}
  const GgufMetadata* operator->() const { return &metadata_; }

 private:
  std::string file_;
  GgufMetadata metadata_;
};

template <typename T>
void expect_refused(const Keys& keys, const std::string& key) {
  try {
    keys->value<T>(key);
    FAIL() << key << " was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::corrupt_data);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("bad.gguf"));
    EXPECT_THAT(error.what(), ::testing::HasSubstr(key));
  }
}

TEST(GgufMetadataTest, EveryTypeReadsAsTheReferenceWroteIt) {
  const GgufFile file(test::source_folder() / "tests" / "golden" / "gguf_types.gguf");
  const auto& metadata = file.metadata();
  using Limits = std::numeric_limits<std::int64_t>;
  EXPECT_EQ(metadata.value<std::string>("general.architecture"), "test");
  EXPECT_EQ(metadata.value<std::int64_t>("test.u8"), 255);
  EXPECT_EQ(metadata.value<std::int64_t>("test.i8"), -128);
  EXPECT_EQ(metadata.value<std::int64_t>("test.u16"), 65535);
  EXPECT_EQ(metadata.value<std::int64_t>("test.i16"), -32768);
  EXPECT_EQ(metadata.value<std::int64_t>("test.u32"), 4294967295);
  EXPECT_EQ(metadata.value<std::int64_t>("test.i32"), -2147483648);
  EXPECT_EQ(metadata.value<std::int64_t>("test.u64"), Limits::max());
  EXPECT_EQ(metadata.value<std::int64_t>("test.i64"), Limits::min());
  EXPECT_EQ(metadata.value<double>("test.f32"), 1.5);
  EXPECT_EQ(metadata.value<double>("test.f64"), 0.1);
  EXPECT_TRUE(metadata.value<bool>("test.bool"));
  EXPECT_EQ(metadata.value<std::string>("test.string"), "글자 \n text");
  EXPECT_EQ(metadata.value<std::vector<std::string>>("test.strings"),
            (std::vector<std::string>{"<s>", "가", ""}));
  EXPECT_EQ(metadata.value<std::vector<std::int64_t>>("test.integers"),
            (std::vector<std::int64_t>{3, -1, 2147483647}));
  EXPECT_EQ(metadata.value<std::vector<double>>("test.numbers"), (std::vector<double>{0.5, -0.25}));
  EXPECT_EQ(metadata.value<std::vector<bool>>("test.booleans"), (std::vector<bool>{true, false}));
}

TEST(GgufMetadataTest, KeysAreSorted) {
  const Keys keys({gguf_key("b", GgufType::u8, "x"), gguf_key("a", GgufType::u8, "x")});
  EXPECT_EQ(keys->keys(), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(keys->contains("a"));
  EXPECT_FALSE(keys->contains("c"));
}

TEST(GgufMetadataTest, MissingKeysHaveAFallback) {
  const Keys keys({gguf_key("a", GgufType::u8, "\x05")});
  EXPECT_EQ(keys->value_or<std::int64_t>("a", 7), 5);
  EXPECT_EQ(keys->value_or<std::int64_t>("b", 7), 7);
  EXPECT_EQ(keys->value_or<std::string>("b", "none"), "none");
  EXPECT_THROW(keys->value_or<std::string>("a", "none"), Error);
  expect_refused<std::int64_t>(keys, "key 'b' is missing");
}

TEST(GgufMetadataTest, OtherTypesAreRefused) {
  const Keys keys({gguf_key("number", GgufType::f32, bytes_of(1.0F)),
                   gguf_key("integer", GgufType::i32, bytes_of(1)),
                   gguf_key("text", GgufType::string, test::gguf_string("1")),
                   gguf_key("flag", GgufType::boolean, "\x01"),
                   test::gguf_array("list", GgufType::i32, 1, bytes_of(1))});
  expect_refused<std::int64_t>(keys, "number");
  expect_refused<std::int64_t>(keys, "flag");
  expect_refused<std::int64_t>(keys, "list");
  expect_refused<double>(keys, "integer");
  expect_refused<bool>(keys, "integer");
  expect_refused<std::string>(keys, "integer");
  expect_refused<std::vector<std::int64_t>>(keys, "integer");
  expect_refused<std::vector<std::string>>(keys, "list");
  expect_refused<std::vector<bool>>(keys, "text");
}

TEST(GgufMetadataTest, IntegersBeyondTheRangeAreRefused) {
  const auto above = std::uint64_t{1} << 63;
  const Keys keys(
      {gguf_key("one", GgufType::u64, bytes_of(above)),
       test::gguf_array("many", GgufType::u64, 2, bytes_of<std::uint64_t>(1) + bytes_of(above))});
  expect_refused<std::int64_t>(keys, "one");
  expect_refused<std::vector<std::int64_t>>(keys, "many");
}

TEST(GgufMetadataTest, EmptyArraysAreEmptyListsOfAnyType) {
  const Keys keys({test::gguf_array("none", GgufType::string, 0, "")});
  EXPECT_TRUE(keys->value<std::vector<std::string>>("none").empty());
  EXPECT_TRUE(keys->value<std::vector<std::int64_t>>("none").empty());
}

}  // namespace
}  // namespace ogam
