#include "core/base/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

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
  EXPECT_EQ(display_path("\xC2\x9B"), "\\xc2\\x9b");  // begins a terminal's command
  EXPECT_EQ(display_path("\xC2\xA0"), "\xC2\xA0");
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
            ErrorCode::inaccessible);
  std::filesystem::create_directory(folder / "taken");
  write_file_atomically(folder / "taken" / "inside", "old");
  EXPECT_EQ(code_of([&] { write_file_atomically(folder / "taken", "x"); }),
            ErrorCode::inaccessible);
  EXPECT_EQ(read_file(folder / "taken" / "inside", 100), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(FilesTest, PartsAreWrittenOneAfterAnother) {
  const test::TemporaryFolder folder;
  const std::vector<std::string_view> parts = {"one", "", "two"};
  write_parts_atomically(folder / "file", parts);
  EXPECT_EQ(read_file(folder / "file", 100), "onetwo");
}

TEST(FilesTest, ThreadsThatWriteTheSameFileLeaveOneContentWhole) {
  const test::TemporaryFolder folder;
  std::vector<std::thread> writers;
  for (const char letter : {'a', 'b', 'c'}) {
    writers.emplace_back([&folder, letter] {
      for (int turn = 0; turn < 5; ++turn) {
        write_file_atomically(folder / "file", std::string(100'000, letter));
      }
    });
  }
  for (auto& writer : writers) {
    writer.join();
  }
  const std::string content = read_file(folder / "file", 1 << 20);
  EXPECT_EQ(content, std::string(100'000, content.at(0)));
}

TEST(FilesTest, PiecesAreTheWholeFileInOrder) {
  const test::TemporaryFolder folder;
  std::string content;
  for (int i = 0; content.size() < 2'500'000; ++i) {
    content += std::to_string(i);
  }
  write_file_atomically(folder / "file", content);
  std::string seen;
  read_in_pieces(folder / "file", [&](std::span<const std::byte> piece) {
    EXPECT_LE(piece.size(), 1U << 20);
    seen.append(reinterpret_cast<const char*>(piece.data()), piece.size());
  });
  EXPECT_TRUE(seen == content);
}

TEST(FilesTest, AFileThatIsCutShortWhileItIsReadIsAnErrorAndNoCrash) {
  const test::TemporaryFolder folder;
  write_file_atomically(folder / "file", std::string(3 << 20, 'x'));
  EXPECT_EQ(code_of([&] {
              read_in_pieces(folder / "file", [&](std::span<const std::byte>) {
                std::filesystem::resize_file(folder / "file", 10);
              });
            }),
            ErrorCode::corrupt_data);
}

TEST(JsonTest, RepeatedKeysAndDeepNestingAreRefused) {
  EXPECT_EQ(code_of([] { parse_json(R"({"a":1,"a":2})", "test"); }), ErrorCode::corrupt_data);
  EXPECT_EQ(code_of([] { parse_json(std::string(100'000, '['), "test"); }),
            ErrorCode::corrupt_data);
  EXPECT_EQ(code_of([] { parse_json("{", "test"); }), ErrorCode::corrupt_data);
}

TEST(JsonTest, AnObjectOfVeryManyKeysIsRefusedWhereKeysAreComparedOneByOne) {
  std::string text = "{\"k\":0";
  for (int i = 0; i < 200'000; ++i) {
    text += ",\"" + std::to_string(i) + "\":0";
  }
  text += "}";
  EXPECT_EQ(code_of([&] { parse_json(text, "test"); }), ErrorCode::resource_exhausted);
  EXPECT_EQ(parse_sorted_json(text, "test").size(), 200'001U);
}

TEST(JsonTest, NumbersAreNeitherCutNorWrappedToFitAnInteger) {
  const Json object =
      parse_json(R"({"fraction":1.5,"huge":1e300,"wide":4294967297,"widest":18446744073709551615,)"
                 R"("truth":true,"text":"1","list":[1,2.5],"pairs":[[1,2],[3,1e99]],)"
                 R"("map":{"a":1,"b":9223372036854775808}})",
                 "test");
  for (const char* key : {"fraction", "huge", "wide", "widest", "truth", "text", "list"}) {
    EXPECT_EQ(code_of([&] { json_value<int>(object, key, "test"); }), ErrorCode::corrupt_data)
        << key;
  }
  EXPECT_EQ(json_value<std::int64_t>(object, "wide", "test"), 4294967297);
  EXPECT_EQ(code_of([&] { json_value<std::vector<std::int64_t>>(object, "list", "test"); }),
            ErrorCode::corrupt_data);
  EXPECT_EQ(code_of([&] {
              json_value<std::vector<std::pair<std::int64_t, std::int64_t>>>(object, "pairs",
                                                                             "test");
            }),
            ErrorCode::corrupt_data);
  EXPECT_EQ(
      code_of([&] { json_value<std::map<std::string, std::int64_t>>(object, "map", "test"); }),
      ErrorCode::corrupt_data);
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
