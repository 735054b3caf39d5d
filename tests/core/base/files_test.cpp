#include "core/base/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <functional>

#include "core/base/error.h"
#include "core/base/json.h"
#include "tests/support/temporary_folder.h"

namespace ogam {
namespace {

ErrorCode code_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "no error was thrown";
  return ErrorCode::internal;
}

TEST(FilesTest, PathsAreShownAsValidUtf8WithEscapes) {
  EXPECT_EQ(display_path("영상/고양이.mp4"), "영상/고양이.mp4");
  EXPECT_EQ(display_path("a\nb\xFF.mp4"), "a\\x0ab\\xff.mp4");
}

TEST(FilesTest, AnAtomicWriteReplacesTheContent) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "한글", "one");
  write_file_atomically(folder / "한글", "two");
  EXPECT_EQ(read_file(folder / "한글", 100), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(FilesTest, ReadingNamesWhatIsWrong) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "large", std::string(1000, 'x'));
  EXPECT_EQ(code_of([&] { read_file(folder / "missing", 10); }), ErrorCode::not_found);
  EXPECT_EQ(code_of([&] { read_file(folder.path(), 10); }), ErrorCode::invalid_argument);
  EXPECT_EQ(code_of([&] { read_file(folder / "large", 10); }), ErrorCode::resource_exhausted);
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(code_of([&] { MappedFile(folder / "pipe"); }), ErrorCode::invalid_argument);
}

TEST(FilesTest, AWriteThatFailsLeavesTheOldContent) {
  const test::TemporaryFolder folder;
  EXPECT_EQ(code_of([&] { write_file_atomically(folder / "no/such/folder", "x"); }),
            ErrorCode::unavailable);
}

TEST(JsonTest, RepeatedKeysAndDeepNestingAreRefused) {
  EXPECT_EQ(code_of([] { parse_json(R"({"a":1,"a":2})", "test"); }), ErrorCode::corrupt_data);
  EXPECT_EQ(code_of([] { parse_json(std::string(100'000, '['), "test"); }),
            ErrorCode::corrupt_data);
  EXPECT_EQ(code_of([] { parse_json("{", "test"); }), ErrorCode::corrupt_data);
}

TEST(JsonTest, AMissingOrMistypedKeyIsNamed) {
  const Json object = parse_json(R"({"a":"text"})", "config.json");
  try {
    json_value<int>(object, "a", "config.json");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("config.json: key 'a'"), std::string::npos);
  }
  EXPECT_EQ(json_value_or<int>(object, "b", "config.json", 7), 7);
}

TEST(JsonTest, BrokenBytesAreWrittenAsReplacementCharacters) {
  EXPECT_EQ(dump_json(Json{{"path", "a\xFF"}}), "{\"path\":\"a\xEF\xBF\xBD\"}");
}

TEST(FormatBytesTest, ChoosesTheUnitThatKeepsTheNumberShort) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(999), "999 B");
  EXPECT_EQ(format_bytes(5240), "5.2 kB");
  EXPECT_EQ(format_bytes(999'960), "1.0 MB");
  EXPECT_EQ(format_bytes(145'100'000), "145.1 MB");
  EXPECT_EQ(format_bytes(3'000'000'000'000'000), "3000.0 TB");
}

}  // namespace
}  // namespace ogam
